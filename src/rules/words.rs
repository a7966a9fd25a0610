//! Numbers as people read them.

/// A rate in percent, three significant digits: `4.27 %`.
pub(crate) fn percent(rate: f64) -> String {
    format!("{} %", significant(rate * 100.0))
}

/// A difference of rates in percentage points: `3.42 points`.
pub(crate) fn points(difference: f64) -> String {
    let number = significant(difference * 100.0);
    let unit = if number == "1" { "point" } else { "points" };
    format!("{number} {unit}")
}

/// A latency in milliseconds: `312 ms`.
pub(crate) fn milliseconds(ms: f64) -> String {
    format!("{} ms", significant(ms))
}

/// A plain number with three significant digits and no idle zeros.
pub(crate) fn significant(x: f64) -> String {
    let magnitude = x.abs();
    let places = match magnitude {
        m if m >= 100.0 || m == 0.0 => 0,
        m if m >= 10.0 => 1,
        m if m >= 1.0 => 2,
        m if m >= 0.1 => 3,
        m if m >= 0.01 => 4,
        m if m >= 0.001 => 5,
        _ => 9,
    };
    let text = format!("{x:.places$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text
    }
}

/// A count with its noun in the right number: `1 request`, `1,204 requests`.
pub(crate) fn counted(n: u64, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(n))
}

/// A count with commas between its thousands: `10,237`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A p-value: `0.0203`, or `less than 0.000001`.
pub(crate) fn p_value(p: f64) -> String {
    if p > 0.0 && p < 1e-6 { "less than 0.000001".to_string() } else { significant(p) }
}

/// A level as a share of rollouts: `1 rollout in 20`, `3 % of rollouts`.
pub(crate) fn one_in(level: f64) -> String {
    let number = (1.0 / level).round();
    if (level * number - 1.0).abs() < 1e-9 {
        format!("1 rollout in {}", thousands(number as u64))
    } else {
        format!("{} of rollouts", percent(level))
    }
}
