// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static io.margay.conformance.Check.must;
import static io.margay.conformance.Check.should;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** VERSION. */
final class VersionChecks {
  private VersionChecks() {}

  static List<Check> all() {
    return List.of(
        must("P38", "VERSION lists the supported versions", VersionChecks::lists),
        must("P38", "VERSION repeats the cniVersion of its input", VersionChecks::repeats)
            .since(SpecVersion.V1_0_0),
        should("P38", "VERSION answers without standard input", VersionChecks::needsNoInput).once(),
        must("P1", "VERSION needs no variable but CNI_COMMAND", VersionChecks::needsNoVariable)
            .once());
  }

  /**
   * Asks which versions there are.
   *
   * @throws Deviation when the answer is none
   */
  static List<String> supported(Outcome outcome) throws Deviation {
    JsonObject json = outcome.succeeded().json();
    List<String> versions = new ArrayList<>();
    if (json.get("supportedVersions") instanceof JsonArray array) {
      for (JsonElement version : array) {
        versions.add(version.getAsString());
      }
    }
    if (versions.isEmpty()) {
      throw new Deviation("no supportedVersions: " + outcome);
    }
    return versions;
  }

  private static String lists(Trial trial) throws Deviation, IOException, InterruptedException {
    List<String> versions = supported(trial.run(trial.call("VERSION")));
    if (!versions.contains(trial.version().toString())) {
      throw new Deviation("another list at this version: " + versions);
    }
    return "";
  }

  private static String repeats(Trial trial) throws Deviation, IOException, InterruptedException {
    JsonObject asked = new JsonObject();
    asked.addProperty("cniVersion", trial.version().toString());
    JsonObject json = trial.run(trial.call("VERSION").withInput(asked)).succeeded().json();
    Optional<String> answered = Json.string(json, "cniVersion");
    if (!answered.equals(Optional.of(trial.version().toString()))) {
      throw new Deviation("cniVersion " + answered.orElse("missing"));
    }
    return "";
  }

  private static String needsNoInput(Trial trial)
      throws Deviation, IOException, InterruptedException {
    return "lists " + supported(trial.run(trial.call("VERSION").withInput("")));
  }

  private static String needsNoVariable(Trial trial)
      throws Deviation, IOException, InterruptedException {
    supported(trial.run(trial.call("VERSION").without("CNI_PATH")));
    return "";
  }
}
