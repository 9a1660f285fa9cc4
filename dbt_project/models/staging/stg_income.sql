{{ typed_table('T2', coded_columns('functional')) }}
