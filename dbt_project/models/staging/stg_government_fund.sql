{{ typed_table('TF', coded_columns('functional')) }}
