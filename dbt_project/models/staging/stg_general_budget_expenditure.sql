{{ typed_table('T5', coded_columns('functional')) }}
