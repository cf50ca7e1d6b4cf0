// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The configuration on standard input. */
final class ConfChecks {
  private static final int INCOMPATIBLE_VERSION = 1;
  private static final int UNDECODABLE = 6;
  private static final int INVALID_CONFIG = 7;

  /** Keys that the specification reserves or that nobody knows, all at once. */
  private static final String MORE =
      """
      {"x-unknown": {"a": [1, null, true]}, "cni.dev/unknown": "b", "com.example.key": 7,
       "capabilities": {"portMappings": true, "x-unknown": true}, "runtimeConfig": {"x-unknown": {"c": 1}},
       "args": {"cni": {"labels": [{"key": "app", "value": "web"}]}, "com.example": {}}}
      """;

  private ConfChecks() {}

  static List<Check> all() {
    List<Check> checks = new ArrayList<>();
    for (String verb : List.of("ADD", "DEL")) {
      checks.add(must("P8", verb + " with empty input: error 6", t -> input(t, verb, "")));
    }
    for (String text : List.of("{", "[]", "nonsense", "\"text\"", "{\"cniVersion\": \"1.0.0\",}")) {
      checks.add(must("P8", "input " + text + ": error 6", t -> input(t, "ADD", text)));
    }
    checks.add(must("P8", "text behind the configuration: error 6", ConfChecks::trailing));
    checks.add(
        must("P8", "an unknown cniVersion: error 1", t -> version(t, new JsonPrimitive("99.0.0"))));
    checks.add(
        must(
            "P8",
            "a cniVersion that is no text: error 1, 6 or 7",
            t -> refuses(t, "cniVersion", new JsonPrimitive(5), 1, UNDECODABLE, INVALID_CONFIG)));
    checks.add(must("P7", "no name: error 7", t -> refuses(t, "name", null, INVALID_CONFIG)));
    for (String name : List.of("", "a/b", "../a", "-a")) {
      checks.add(
          must(
              "P7",
              "name \"" + name + "\": error 7",
              t -> refuses(t, "name", new JsonPrimitive(name), INVALID_CONFIG)));
    }
    checks.add(
        must(
            "P7",
            "a name that is no text: error 6 or 7",
            t -> refuses(t, "name", new JsonPrimitive(5), UNDECODABLE, INVALID_CONFIG)));
    checks.add(
        should(
            "P14",
            "a prevResult that is no object: error 6 or 7",
            t -> refuses(t, "prevResult", new JsonArray(), UNDECODABLE, INVALID_CONFIG)));
    // So far codes and rules that came with 0.4.0, which code 1 is older than.
    checks.replaceAll(
        check -> check.what().endsWith("error 1") ? check : check.since(SpecVersion.V0_4_0));
    checks.add(must("P6", "unknown and reserved keys are tolerated", ConfChecks::tolerates));
    checks.add(
        should("P1", "unknown CNI_ARGS with IgnoreUnknown=1 are tolerated", ConfChecks::args));
    for (String verb : List.of("CHECK", "GC", "STATUS")) {
      SpecVersion since = verb.equals("CHECK") ? SpecVersion.V0_4_0 : SpecVersion.V1_1_0;
      checks.add(
          should("P8", verb + " before " + since + " is refused", t -> tooOld(t, verb))
              .before(since));
    }
    return checks;
  }

  private static String input(Trial trial, String verb, String text)
      throws Deviation, IOException, InterruptedException {
    Call call = trial.call(verb, trial.container()).withInput(text);
    trial.run(call).refused(UNDECODABLE);
    return "";
  }

  private static String trailing(Trial trial) throws Deviation, IOException, InterruptedException {
    return input(trial, "ADD", trial.conf() + "{}");
  }

  private static String version(Trial trial, JsonElement version)
      throws Deviation, IOException, InterruptedException {
    return refuses(trial, "cniVersion", version, INCOMPATIBLE_VERSION);
  }

  /**
   * @param value null to leave the key out
   */
  private static String refuses(Trial trial, String key, JsonElement value, Integer... codes)
      throws Deviation, IOException, InterruptedException {
    JsonObject conf = trial.conf();
    conf.remove(key);
    if (value != null) {
      conf.add(key, value);
    }
    Container container = trial.container();
    Outcome outcome = trial.run(trial.call("ADD", container).withInput(conf));
    if (outcome.isSuccess()) {
      trial.run(trial.call("DEL", container).withInput(conf));
    }
    int code = outcome.refused(codes).code();
    return codes.length == 1 ? "" : "code " + code;
  }

  private static String tolerates(Trial trial) throws Deviation, IOException, InterruptedException {
    JsonObject conf = trial.conf();
    JsonObject more = JsonParser.parseString(MORE).getAsJsonObject();
    for (Map.Entry<String, JsonElement> key : more.entrySet()) {
      if (!conf.has(key.getKey())) {
        conf.add(key.getKey(), key.getValue());
      }
    }
    Container container = trial.container();
    Call add = trial.call("ADD", container).withInput(conf);
    trial.run(add).succeeded();
    trial.run(add.with("CNI_COMMAND", "DEL")).succeeded();
    return "";
  }

  private static String args(Trial trial) throws Deviation, IOException, InterruptedException {
    Call add =
        trial
            .call("ADD", trial.container())
            .with("CNI_ARGS", "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web");
    trial.run(add).succeeded();
    trial.run(add.with("CNI_COMMAND", "DEL")).succeeded();
    return "";
  }

  private static String tooOld(Trial trial, String verb)
      throws Deviation, IOException, InterruptedException {
    Call call = verb.equals("CHECK") ? trial.call(verb, trial.container()) : trial.call(verb);
    return "code " + trial.run(call).refused().code();
  }
}
