{{ typed_table('T3', coded_columns('functional')) }}
