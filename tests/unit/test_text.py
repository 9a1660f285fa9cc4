"""Two printings of one label are equal; two labels are not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from juesuan.final_accounts.text import bare, label, squeeze

WORDS = [
    "一般公共预算财政拨款收入",
    "年末结转和结余",
    "使用非财政拨款结余(含专用结余)",
    "资源勘探工业信息等支出",
    "总计",
]
ORDINALS = ["", "一、", "二十六、", "（一）", "(十二)", "1.", "12、", "(3)", "第4项 ", "其中：", "一、其中:"]


@given(st.sampled_from(WORDS), st.sampled_from(ORDINALS), st.integers(0, 8), st.sampled_from(["", " ", "\n", "　"]))
def test_ordinals_wrapping_and_justified_spaces_do_not_change_a_label(
    word: str, ordinal: str, at: int, gap: str
) -> None:
    printed = ordinal + word[:at] + gap + word[at:].replace("(", "（").replace(")", "）")
    assert label(printed) == word


@pytest.mark.parametrize("text", ["2010301", "301", "12.5", "1,234.50"])
def test_codes_and_figures_are_not_taken_for_ordinals(text: str) -> None:
    assert label(text) == text


def test_kangxi_radicals_become_characters_and_quotes_fall() -> None:
    assert squeeze("⼯资福利⽀出") == "工资福利支出"
    assert bare("财政拨款“三公”经费") == "财政拨款三公经费"


@given(st.text(max_size=40))
@example("R ¸")
@example("K'¸")
def test_normal_forms_are_stable(text: str) -> None:
    assert label(label(text)) == label(text)
    assert bare(bare(text)) == bare(text)
