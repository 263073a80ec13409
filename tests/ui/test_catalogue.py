"""What single components draw: links, states, and the parts that screen readers rely on."""

from __future__ import annotations

import pytest
from django import forms

from siyu.ui import charts
from siyu.ui.catalogue import DECLARED
from siyu.ui.components import ComponentError
from siyu.ui.contracts import Cell, ChartTable, Column, FunnelStep, Row
from siyu.ui.reference import REFERENCE_PATH, reference

pytestmark = pytest.mark.usefixtures("english")

COLUMNS = [
    Column("name", "Name", phone="main"),
    Column("spend", "Spend", align="end", sorted="desc", sort_url="?s"),
]


class SmallForm(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the card")
    note = forms.CharField(label="Note", required=False)
    agreed = forms.BooleanField(label="Agreed")
    way = forms.ChoiceField(label="Way", widget=forms.RadioSelect, choices=[("a", "A")])


def test_the_reference_page_is_in_step() -> None:
    assert REFERENCE_PATH.read_text(encoding="utf-8") == reference()


def test_every_component_is_described() -> None:
    assert [component.name for component in DECLARED if not component.about] == []
    assert [prop for component in DECLARED for prop in component.props if not prop.about] == []


def test_a_stat_card_links_its_number(draw) -> None:
    html = draw('{% component "stat_card" label="New" value="12" url="/list/" definition="D" %}')
    assert '<a href="/list/">12</a>' in html
    assert 'role="tooltip"' in html
    assert 'aria-label="What New means"' in html


def test_a_meter_is_drawn_without_style(draw) -> None:
    html = draw('{% component "meter" share=46 tick=120 %}')
    assert 'width="46.00%"' in html
    assert 'x1="99.50%"' in html
    assert "style" not in html


@pytest.mark.parametrize(("share", "drawn"), [(-5, "0.00%"), (500, "100.00%"), (None, "0.00%")])
def test_a_meter_stays_inside_its_track(draw, share: float | None, drawn: str) -> None:
    assert f'width="{drawn}"' in draw('{% component "meter" share=share %}', share=share)


def test_a_table_aligns_sorts_and_links(draw) -> None:
    rows = [Row(cells={"name": "Ann", "spend": Cell("¥1.00", url="/orders/")}, url="/ann/")]
    html = draw(
        '{% component "data_table" columns=columns rows=rows caption="People" %}', columns=COLUMNS, rows=rows
    )
    assert 'aria-sort="descending"' in html
    assert '<a class="s-link s-row-link" href="/ann/">Ann</a>' in html
    assert '<a class="s-link" href="/orders/">¥1.00</a>' in html


def test_a_missing_value_is_a_dash_and_a_missing_total_is_empty(draw) -> None:
    rows = [Row(cells={"name": "Ann", "spend": None})]
    source = '{% component "data_table" columns=columns rows=rows total=total caption="People" %}'
    html = draw(source, columns=COLUMNS, rows=rows, total=Row(cells={"name": "Total"}))
    body, foot = html.split("<tfoot>")
    assert "—" in body
    assert "—" not in foot


def test_an_empty_table_teaches_unless_filters_hide_the_rows(draw) -> None:
    source = (
        '{% wrap "data_table" columns=columns rows=none caption="People" filtered=filtered clear_url="/all/" %}'
        '{% slot "empty" %}TEACH{% endslot %}{% endwrap %}'
    )
    assert "TEACH" in draw(source, columns=COLUMNS, none=[], filtered=False)
    filtered = draw(source, columns=COLUMNS, none=[], filtered=True)
    assert "TEACH" not in filtered
    assert "Clear filters" in filtered


def test_a_field_is_tied_to_its_hint_and_error(draw) -> None:
    html = draw('{% component "field" field=form.name %}', form=SmallForm({}))
    assert 'aria-describedby="id_name_hint id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_error"' in html
    assert 'for="id_name"' in html


def test_an_optional_field_says_so(draw) -> None:
    assert "optional" in draw('{% component "field" field=form.note %}', form=SmallForm())
    assert "optional" not in draw('{% component "field" field=form.name %}', form=SmallForm())


def test_a_choice_list_has_a_legend_and_a_box_its_label_beside_it(draw) -> None:
    assert "<legend" in draw('{% component "field" field=form.way %}', form=SmallForm())
    assert 's-check-label" for="id_agreed"' in draw(
        '{% component "field" field=form.agreed %}', form=SmallForm()
    )


@pytest.mark.parametrize(
    ("state", "polls"), [("queued", True), ("running", True), ("done", False), ("failed", False)]
)
def test_progress_asks_for_news_until_it_has_ended(draw, state: str, polls: bool) -> None:
    html = draw(
        '{% component "progress" label="Import" done=1 total=4 state=state poll_url="/p/" %}', state=state
    )
    assert ("hx-get" in html) is polls


@pytest.mark.parametrize(("left", "poll_ms"), [(None, 200), (600, 1_000), (1.5, 500), (0, 200)])
def test_progress_asks_more_often_where_a_second_would_be_waited_for(draw, left: float | None, poll_ms: int) -> None:
    html = draw('{% component "progress" label="Import" seconds_left=left poll_url="/p/" %}', left=left)
    assert f'hx-trigger="every {poll_ms}ms"' in html


def test_progress_with_an_unknown_total_shows_the_count_alone(draw) -> None:
    html = draw('{% component "progress" label="Import" done=1200 unit="rows" %}')
    assert "<b>1,200</b> rows" in html
    assert "/ 0" not in html


def test_progress_words_rate_and_time_left(draw) -> None:
    html = draw('{% component "progress" label="I" done=1 total=9 rate_per_s=4000 seconds_left=127 %}')
    assert "4,000 per second" in html
    assert "2 min 7 s left" in html


def test_a_button_with_only_an_icon_is_named(draw) -> None:
    html = draw('{% component "button" label="Delete" icon="trash" icon_only=True hx_post="/x/" %}')
    assert 'aria-label="Delete"' in html
    assert 'hx-post="/x/"' in html


def test_a_chart_carries_its_option_as_data_that_cannot_close_the_script(draw) -> None:
    source = '{% component "chart_card" id="c" title="T" option=option table=table %}'
    html = draw(source, option={"name": "</script>"}, table=ChartTable(["a"], [["</script>"]]))
    assert html.count("</script>") == 1
    assert '<script id="c-option" type="application/json">' in html


@pytest.mark.parametrize(("name", "shown"), [("周予安", "周"), ("Zhou Yuan", "ZY"), ("ann", "A"), ("", "?")])
def test_initials(draw, name: str, shown: str) -> None:
    assert f">{shown}</span>" in draw('{% component "avatar" name=name %}', name=name)


def test_a_chart_without_the_unit_of_its_axis_is_refused(draw) -> None:
    option = charts.bars(["Mon"], [("New", [1])], unit="")
    with pytest.raises(ComponentError, match="without its unit"):
        draw(
            '{% component "chart_card" id="c" title="T" option=option table=table %}',
            option=option,
            table=ChartTable(["a"], [["b"]]),
        )


def test_a_target_above_the_values_stays_on_the_chart() -> None:
    below = charts.bars(["Mon"], [("New", [50])], unit="people", target=charts.Target(40, "Target"))
    above = charts.lines(["Mon"], [("New", [50])], unit="people", target=charts.Target(130, "Target"))
    assert "max" not in below["yAxis"]
    assert above["yAxis"]["max"] == 200
    assert above["series"][0]["markLine"]["data"] == [{"yAxis": 130}]


def test_a_rare_kind_of_chart_asks_for_the_whole_library(draw) -> None:
    source = '{% component "chart_card" id="c" title="T" option=option table=table %}'
    table = ChartTable(["a"], [["b"]])
    assert "echarts-common" in draw(source, option={"series": [{"type": "bar"}]}, table=table)
    assert "echarts-common" not in draw(source, option={"series": [{"type": "sankey"}]}, table=table)


def test_a_funnel_counts_from_its_base_and_names_the_largest_gap(draw) -> None:
    steps = [
        FunnelStep("Saw", 400),
        FunnelStep("Came", 200, "/came/"),
        FunnelStep("Spoke", 150),
        FunnelStep("Bought", 30),
    ]
    html = draw('{% component "funnel" caption="New" steps=steps unit="People" base=1 %}', steps=steps)
    assert "100.0%" in html
    assert "15.0%" in html
    assert 'width="50.00%"' in html
    assert '<a class="s-link" href="/came/">200</a>' in html
    assert "Largest gap: 120 between “Spoke” and “Bought”" in html


@pytest.mark.parametrize("counts", [(), (0, 0), (5, 5), (3,)])
def test_a_funnel_without_losses_names_no_gap(draw, counts: tuple[int, ...]) -> None:
    steps = [FunnelStep(str(place), count) for place, count in enumerate(counts)]
    html = draw('{% component "funnel" caption="New" steps=steps unit="People" %}', steps=steps)
    assert "Largest gap" not in html
