{{ typed_table('T4', sided_columns()) }}
