//! Load planning, from the roll-ups of whole weeks.

use crate::operators::console::desk::Desk;
use crate::operators::console::view::{Heat, Load, LoadHour, LoadRow};
use crate::stats::{self, Ask, By, Slot, StatsError, Step};

/// Weeks that are looked back when nobody says how many, and the most.
const USUAL_WEEKS: u16 = 4;
const MOST_WEEKS: u16 = 52;

/// The page for planning; `typed` is the number of weeks as typed.
///
/// # Errors
/// What the figures say.
pub async fn load(desk: &Desk, typed: &str) -> Result<Load, StatsError> {
    let asked: Option<u16> = match typed.trim() {
        "" => Some(USUAL_WEEKS),
        text => text.parse().ok().filter(|weeks| (1..=MOST_WEEKS).contains(weeks)),
    };
    let weeks = asked.unwrap_or(USUAL_WEEKS);
    let stats = &desk.web.stats;
    let (from_ms, to_ms) = stats.load_span(weeks);
    let lines = stats.load(weeks).await?;
    let hours = stats.series(Ask { from_ms, to_ms, by: By::All, step: Step::Hour }).await?;
    let mut rows: Vec<LoadRow> =
        lines.iter().filter(|line| !line.busy.is_empty()).map(|line| row(desk, line)).collect();
    rows.sort_by_key(|row| {
        std::cmp::Reverse((row.hours.iter().map(|hour| hour.weeks).sum::<u32>(), row.peak))
    });
    Ok(Load {
        percent: (stats.busy_share() * 100.0).round() as u32,
        weeks: u32::from(weeks),
        refused: asked.is_none(),
        from_ms,
        to_ms,
        // One without any figure had no visitors; that is no room that somebody looked at.
        with_room: lines.iter().filter(|line| line.busy.is_empty() && line.peak_users > 0).count(),
        rows,
        heat: heat(desk, &hours),
    })
}

fn row(desk: &Desk, line: &stats::Load) -> LoadRow {
    LoadRow {
        ap: desk.sites.named(&line.ap),
        capacity: line.capacity_users,
        peak: u32::try_from(line.peak_users).unwrap_or(u32::MAX),
        hours: line
            .busy
            .iter()
            .map(|hour| LoadHour { weekday: hour.weekday, hour: hour.hour, weeks: u32::from(hour.weeks) })
            .collect(),
    }
}

/// The mean of the hours of the same weekday and hour.
fn heat(desk: &Desk, hours: &[Slot]) -> Heat {
    let mut sums = [[(0.0, 0_u32); 7]; 24];
    for slot in hours {
        let at = usize::from(desk.web.stats.days().hour_of_week(slot.start_ms));
        if let Some((sum, count)) = sums.get_mut(at % 24).and_then(|days| days.get_mut(at / 24)) {
            *sum += slot.mean_users;
            *count += 1;
        }
    }
    Heat(sums.map(|days| days.map(|(sum, count)| (count > 0).then(|| sum / f64::from(count)))))
}
