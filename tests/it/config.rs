//! How a configuration is read.
use canary_rollout::config::*;
#[test]
fn look() {
    for p in presets() {
        let c = Config::from_json(p.json).unwrap();
        let t = serde_json::to_string(&c).unwrap();
        let again = Config::from_json(&t).unwrap();
        assert_eq!(c, again);
        assert_eq!(t, serde_json::to_string(&again).unwrap());
        println!("{} {t}", p.name);
        for w in c.warnings() { println!("   W {w}"); }
    }
    println!("{}", serde_json::to_string_pretty(&config_schema()).unwrap());
    for t in TEXTS {
        match Config::from_json(t) { Ok(_) => println!("OK   {t}"), Err(e) => println!("{t}\n   -> {e}") }
    }
}
const TEXTS: &[&str] = &[
 "", "null", "[]", "5", "\"x\"", "{", "{}", "{\"stages\":[]}", "{\"stages\":null}", "{\"stages\":{}}",
 "[[[[", "{\"stages\":[[1,2]]}", "{\"stages\":[[[[", "{\"name\":[[[[", "{\"x\":1}", "{\"traffic\":{\"rps\":1},\"stages\":[]}",
 "{\"traffic\":[170],\"stages\":[]}", "{\"traffic\":null,\"stages\":[]}", "{\"traffic\":{\"requests_per_second\":NaN},\"stages\":[]}",
 "{\"traffic\":{\"requests_per_second\":null},\"stages\":[]}", "{\"traffic\":{\"requests_per_second\":1e308},\"stages\":[]}",
 "{\"traffic\":{\"requests_per_second\":1e400},\"stages\":[]}", "{\"traffic\":{\"requests_per_second\":123456789012345678901234567890},\"stages\":[]}",
 "{\"tick_seconds\":-5,\"stages\":[]}", "{\"tick_seconds\":1.5,\"stages\":[]}", "{\"tick_seconds\":\"x\",\"stages\":[]}", "{\"tick_seconds\":true,\"stages\":[]}","{\"tick_seconds\":{},\"stages\":[]}",
 "{\"tick_seconds\":5,\"tick_seconds\":6,\"stages\":[]}", "{\"stages\":[]} x", "{\"stages\":[],}",  "{\"stages\":[] \"a\":1}",
 "{\"canary\":{\"error_arrival\":5},\"stages\":[]}", "{\"canary\":{\"error_arrival\":\"foo\"},\"stages\":[]}", "{\"canary\":{\"error_arrival\":{}},\"stages\":[]}",
 "{\"canary\":{\"error_arrival\":{\"late\":[10]}},\"stages\":[]}", "{\"canary\":{\"error_arrival\":{\"late\":{\"start_tick\":1},\"leak\":1}},\"stages\":[]}",
 "{\"canary\":{\"error_arrival\":\"late\"},\"stages\":[]}", "{\"canary\":{\"error_arrival\":{\"at_once\":{}}},\"stages\":[]}","{\"canary\":{\"error_arrival\":{\"late\":{}}},\"stages\":[]}","{\"canary\":{\"error_arrival\":{\"late\":{\"start_tick\":null}}},\"stages\":[]}",
 "{\"stages\":[{\"pause\":{\"ticks\":\"x\"}}]}","{\"stages\":[{\"pause\":null}]}","{\"stages\":[{\"pause\":\"auto\"}]}",
 "{\"on_inconclusive\":{\"extend\":{\"max_ticks\":1,\"then\":\"extend\"}},\"stages\":[]}","{\"on_inconclusive\":{\"extend\":{\"max_ticks\":1}},\"stages\":[]}",
 "{\"stages\":[{\"traffic_pct\":50,\"duration_ticks\":0},{\"traffic_pct\":25,\"duration_ticks\":1e9}],\"rules\":[{}]}",
 "{\"stages\":[{\"traffic_pct\":50,\"duration_ticks\":0},{\"traffic_pct\":25,\"duration_ticks\":1e9}],\"rules\":[{\"rule\":\"x\"},{\"rule\":\"error_rate\",\"max\":2,\"look\":\"never\"}]}",
 "{\"stages\":[{\"traffic_pct\":50,\"duration_ticks\":0},{\"traffic_pct\":25,\"duration_ticks\":1e9}],\"rules\":[{\"rule\":\"x\"},{\"rule\":\"error_rate\",\"max\":2,\"quantile\":0.5}]}",
 "{\"rules\":[{\"rule\":\"error_rate\",\"stages\":5}]}", "{\"rules\":[{\"rule\":\"error_rate\",\"stages\":[null]}]}","{\"rules\":[{\"rule\":\"error_rate\",\"look\":7}]}","{\"rules\":[7]}",
 "{\"name\":\"a\nb\"}", "{\"name\":\"abc", "{name:1}", "{'name':1}", "{\"name\":\"\\x\"}", "{\"name\":\"\\ud800\"}", "{\"name\":5}", "{\"tick_seconds\":01}", "{\"tick_seconds\":+1}", "{\"tick_seconds\":1.}", "{\"tick_seconds\":tru}", "// c\n{}", "{\"tick_seconds\":-}",
];
