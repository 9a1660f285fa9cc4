{{ typed_table('TG', coded_columns('functional')) }}
