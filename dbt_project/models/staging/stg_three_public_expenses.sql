-- Which budget the budget columns of the 三公 table are: said by the header, else by a note under the table, else by
-- a statement that gives the same amount, else unknown. Two that contradict each other leave it unknown.
-- Cells are named anew in each part, so that who asks for some reports has no others looked through.
with words as (

    select * from {{ ref('budget_stage_words') }}

),

notes as (

    select
        report_id,
        release,
        table_no,
        notes
    from {{ ref('stg_report_table') }}
    where table_key = 'TS'

),

said_by_header as (

    select
        cells.report_id,
        cells.release,
        cells.table_no,
        cells.column_key,
        min(words.stage) as stage
    from {{ ref('stg_cell') }} as cells
    inner join words
        on words.place = 'header' and cells.header like '%' || words.word || '%'
    where cells.table_key = 'TS' and cells.stage <> 'final'
    group by cells.report_id, cells.release, cells.table_no, cells.column_key
    having count(distinct words.stage) = 1

),

said_by_note as (

    select
        notes.report_id,
        notes.release,
        notes.table_no,
        min(words.stage) as stage
    from notes
    inner join words
        on words.place = 'note' and notes.notes like '%' || words.word || '%'
    group by notes.report_id, notes.release, notes.table_no
    having count(distinct words.stage) = 1

),

stated as (

    select
        report_id,
        release,
        split_part(topic, '.', 2) as item,
        measure as stage,
        amount_yuan
    from {{ ref('stg_statement') }}
    where
        topic like 'three_public.%'
        and measure in ('initial_budget', 'adjusted_budget')
        and amount_yuan is not null

),

-- One item that has the same amount in table and text says what all budget columns of the table are. Zeros say nothing.
said_by_statement as (

    select
        cells.report_id,
        cells.release,
        cells.table_no,
        min(stated.stage) as stage
    from {{ ref('stg_cell') }} as cells
    inner join stated
        on
            {{ same(['report_id', 'release'], 'cells', 'stated') }}
            and cells.facet = stated.item
            and abs(cells.amount_yuan - stated.amount_yuan) <= cells.precision_yuan
    where cells.table_key = 'TS' and cells.stage <> 'final' and cells.amount_yuan <> 0
    group by cells.report_id, cells.release, cells.table_no
    having count(distinct stated.stage) = 1

),

staged as (

    select
        cells.*,
        case
            when cells.stage = 'final' then 'final'
            else coalesce(said_by_header.stage, said_by_note.stage, said_by_statement.stage, cells.stage)
        end as resolved_stage,
        case
            when cells.stage = 'final' then 'column'
            when said_by_header.stage is not null then 'header'
            when said_by_note.stage is not null then 'note'
            when said_by_statement.stage is not null then 'statement'
            else 'not_said'
        end as stage_source
    from {{ ref('stg_cell') }} as cells
    left join said_by_header
        on {{ same(['report_id', 'release', 'table_no', 'column_key'], 'cells', 'said_by_header') }}
    left join said_by_note
        on {{ same(['report_id', 'release', 'table_no'], 'cells', 'said_by_note') }}
    left join said_by_statement
        on {{ same(['report_id', 'release', 'table_no'], 'cells', 'said_by_statement') }}
    where cells.table_key = 'TS'

),

renamed as (

    select
        staged.report_id,
        staged.release,
        staged.unit_id,
        staged.fiscal_year,
        staged.table_no,
        staged.row_key,
        staged.row_label,
        staged.line_key,
        staged.column_key,
        staged.facet as item,
        cast(staged.resolved_stage as varchar) as stage,
        cast(staged.stage_source as varchar) as stage_source,
        staged.role,
        staged.fund,
        staged.value_text,
        staged.money_unit,
        staged.amount_yuan,
        staged.precision_yuan,
        staged.value_state,
        staged.page,
        staged.document_id,
        staged.cell_no,
        staged.is_counted
    from staged

)

select * from renamed
