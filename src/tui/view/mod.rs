//! The screens, drawn from the model alone: same model, same picture.

pub mod banners;
pub mod board;
mod burn_chart;
mod choices;
pub(super) mod columns;
mod detail;
mod dialogs;
mod frame;
mod heat;
mod help;
mod history;
mod history_stretches;
mod history_times;
mod incident;
pub mod layout;
mod note;
mod overview;
mod pen;
mod plot;
mod replay;
mod resolve;
mod sheets;
mod slo;
mod tiny;
mod what_if;

use super::model::{Model, Tab};
use crate::chart::Charset;
use pen::Pen;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Draws the model into a frame of the terminal.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if let Some(cursor) = render(model, area, frame.buffer_mut()) {
        frame.set_cursor_position(cursor);
    }
}

/// Draws the model into a buffer; returns where the cursor stands when text is being typed.
pub fn render(model: &Model, area: Rect, buf: &mut Buffer) -> Option<Position> {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return None;
    }
    let mut pen = Pen { buf, area, look: &model.look };
    let cursor = if layout::is_tiny(area.width, area.height) { tiny::draw(model, &mut pen) } else { screen(model, &mut pen) };
    if model.look.glyphs.charset == Charset::Ascii {
        only_ascii(buf, area);
    }
    cursor.filter(|at| area.contains(*at))
}

fn screen(model: &Model, pen: &mut Pen<'_>) -> Option<Position> {
    let banners = banners::of(model, pen.width());
    frame::header(model, &mut pen.part(0, 0, usize::MAX, 1));
    banners::draw(&banners, &mut pen.part(0, 1, usize::MAX, banners.len()));
    let body = layout::body(model, pen.width(), pen.height());
    let mut inner = pen.part(0, body.top, usize::MAX, body.height);
    match model.tab {
        Tab::Overview => overview::draw(model, &mut inner),
        Tab::Slo => slo::draw(model, &mut inner),
        Tab::History => history::draw(model, &mut inner),
        Tab::Heat => heat::draw(model, &mut inner),
        Tab::Replay => replay::draw(model, &mut inner),
        Tab::Incident => incident::draw(model, &mut inner),
        Tab::Board => board::draw(model, &mut inner),
    }
    frame::footer(model, &mut pen.part(0, body.top + body.height, usize::MAX, 2));
    frame::toast(model, &mut pen.part(0, body.top, usize::MAX, body.height + 1));
    dialogs::draw(model, &mut pen.part(0, body.top, usize::MAX, body.height + 2))
}

/// The last guard of the ASCII set: whatever came from outside cannot carry another byte to the terminal.
fn only_ascii(buf: &mut Buffer, area: Rect) {
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            if let Some(cell) = buf.cell_mut((x, y))
                && !cell.symbol().is_ascii()
            {
                cell.set_symbol("?");
            }
        }
    }
}
