//! Recorded counts straight from a Prometheus server: range queries over its HTTP API.
//!
//! Nothing is sent but the query and its times. Credentials come from the environment
//! and go to the given host only; no message has them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use canary_rollout::message::{quoted, shown};
use serde_json::Value as Json;
use ureq::http::{Response, StatusCode};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, Body, Error};

/// The most points of a series in one request; a server refuses more than 11,000.
const MOST_POINTS: i64 = 10_000;
/// The most bytes of an answer.
const MOST_BYTES: u64 = 256 << 20;
/// For how long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(120);
/// A bearer token.
const TOKEN: &str = "PROMETHEUS_TOKEN";
/// A name and a password.
const USERNAME: &str = "PROMETHEUS_USERNAME";
const PASSWORD: &str = "PROMETHEUS_PASSWORD";

/// A server, and the times to ask for.
pub(crate) struct Server<'a> {
    /// Its address, to which `/api/v1/query_range` is added.
    pub url: &'a str,
    /// The first and the last time, in seconds since 1970, UTC.
    pub times: [i64; 2],
    /// The distance of two points, in seconds.
    pub step: u32,
}

impl Server<'_> {
    /// The answer to a range query, in the form of Prometheus' own answer. A long range is
    /// asked for in parts.
    pub(crate) fn ask(&self, query: &str) -> Result<String, String> {
        let address = self.address()?;
        let authorization = authorization()?;
        let agent: Agent = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build())
            .user_agent(concat!("canary-rollout/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        let [from, to] = self.times;
        let step = i64::from(self.step);
        let mut all: Option<Json> = None;
        let mut start = from;
        while start <= to {
            let end = to.min(start + step * (MOST_POINTS - 1));
            let mut request = agent
                .get(&address)
                .query("query", query)
                .query("start", start.to_string())
                .query("end", end.to_string())
                .query("step", step.to_string());
            if let Some(authorization) = &authorization {
                request = request.header("Authorization", authorization);
            }
            let mut response =
                request.call().map_err(|error| format!("{}: {}", self.url, failure(&error)))?;
            let text = body(&mut response).map_err(|why| format!("{}: {why}", self.url))?;
            let part = answer(response.status(), &text)
                .map_err(|why| format!("{}: {why}; the query was {}", self.url, quoted(query)))?;
            match &mut all {
                None => all = Some(part),
                Some(all) => append(all, part),
            }
            start = end + step;
        }
        let all = all.ok_or_else(|| "expected --from before --to".to_string())?;
        Ok(serde_json::json!({ "status": "success", "data": all }).to_string())
    }

    fn address(&self) -> Result<String, String> {
        let expected = |what: &str| format!("--prometheus: found {}, {what}", quoted(self.url));
        let rest = self.url.strip_prefix("http://").or_else(|| self.url.strip_prefix("https://"));
        let rest = rest.ok_or_else(|| expected("expected http://HOST:PORT or https://HOST"))?;
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.contains('@') {
            return Err(format!(
                "--prometheus: found credentials in the address, expected them in the environment: \
                 {TOKEN}, or {USERNAME} and {PASSWORD}"
            ));
        }
        if host.is_empty() || rest.contains(['?', '#']) {
            return Err(expected(
                "expected an address without ? and #, such as http://localhost:9090",
            ));
        }
        let base = self.url.trim_end_matches('/');
        let base = base.strip_suffix("/api/v1/query_range").unwrap_or(base);
        let base = base.strip_suffix("/api/v1").unwrap_or(base);
        Ok(format!("{base}/api/v1/query_range"))
    }
}

/// The header with the credentials of the environment.
fn authorization() -> Result<Option<String>, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (variable(TOKEN), variable(USERNAME), variable(PASSWORD)) {
        (Some(token), None, None) => Ok(Some(format!("Bearer {token}"))),
        (None, Some(name), Some(password)) => {
            Ok(Some(format!("Basic {}", BASE64_STANDARD.encode(format!("{name}:{password}")))))
        }
        (None, None, None) => Ok(None),
        _ => Err(format!(
            "expected in the environment {TOKEN}, or {USERNAME} and {PASSWORD}, or none of them"
        )),
    }
}

/// Why there is no answer.
fn failure(error: &Error) -> String {
    match error {
        Error::Timeout(_) => format!("no answer within {} s", PATIENCE.as_secs()),
        Error::HostNotFound => "no such host".to_string(),
        Error::BodyExceedsLimit(bytes) => {
            format!("the answer has more than {bytes} bytes; ask for less time or a longer --step")
        }
        other => shown(&other.to_string()),
    }
}

fn body(response: &mut Response<Body>) -> Result<String, String> {
    let read = response.body_mut().with_config().limit(MOST_BYTES).lossy_utf8(true);
    read.read_to_string().map_err(|error| failure(&error))
}

/// The data of an answer: a matrix.
fn answer(status: StatusCode, text: &str) -> Result<Json, String> {
    let parsed: Option<Json> = serde_json::from_str(text).ok();
    let json = parsed.as_ref().unwrap_or(&Json::Null);
    if let Some(why) = json["error"].as_str() {
        return Err(format!("Prometheus answers: {}", shown(why)));
    }
    match status.as_u16() {
        401 | 403 => {
            return Err(format!(
                "the server refuses with status {}; credentials are taken from the environment: \
                 {TOKEN}, or {USERNAME} and {PASSWORD}",
                status.as_u16()
            ));
        }
        404 => {
            return Err("there is no Prometheus API at this address (status 404); expected the \
                        address to which /api/v1/query_range can be added"
                .to_string());
        }
        200..=299 => {}
        other => return Err(format!("the server answers with status {other}")),
    }
    if parsed.is_none() {
        let start: String = text.chars().take(40).collect();
        return Err(format!(
            "found {} in place of JSON; a page to log in is often the cause",
            quoted(start.trim())
        ));
    }
    match (&json["data"]["resultType"], &json["data"]["result"]) {
        (Json::String(kind), Json::Array(_)) if kind == "matrix" => Ok(json["data"].clone()),
        _ => Err("the answer is not that of a range query of Prometheus".to_string()),
    }
}

/// Adds the points of a later part, series by series.
fn append(all: &mut Json, part: Json) {
    let (Some(all), Json::Object(mut part)) = (all["result"].as_array_mut(), part) else { return };
    let Some(Json::Array(more)) = part.remove("result") else { return };
    for mut series in more {
        let known = all.iter_mut().find(|known| known["metric"] == series["metric"]);
        match known.and_then(|known| known["values"].as_array_mut()) {
            Some(values) => {
                if let Json::Array(later) = series["values"].take() {
                    values.extend(later);
                }
            }
            None => all.push(series),
        }
    }
}
