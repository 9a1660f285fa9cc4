{{ typed_table('T6', coded_columns('economic')) }}
