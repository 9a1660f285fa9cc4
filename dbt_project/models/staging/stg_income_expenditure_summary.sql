{{ typed_table('T1', sided_columns()) }}
