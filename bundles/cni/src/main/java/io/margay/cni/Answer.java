// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;

/**
 * What the relay does: prints the output, then exits with the status.
 *
 * @param output readers must not change the array
 * @param outcome for the log: {@code ok}, or why not
 */
record Answer(int status, byte[] output, String outcome) {
  /** The outcome of what went well. */
  static final String OK = "ok";

  /** Success without output: DEL, CHECK, GC, STATUS. */
  static final Answer DONE = new Answer(0, new byte[0], OK);

  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  static Answer of(JsonObject output) {
    return new Answer(0, bytes(output), OK);
  }

  /**
   * What is supported.
   *
   * @param asked as on input, even when it is not supported
   */
  static Answer versions(String asked) {
    JsonArray supported = new JsonArray();
    for (SpecVersion version : SpecVersion.values()) {
      supported.add(version.toString());
    }
    JsonObject json = new JsonObject();
    json.addProperty("cniVersion", asked);
    json.add("supportedVersions", supported);
    return of(json);
  }

  /**
   * A failure.
   *
   * @param version as on input, even when it is not supported
   */
  static Answer error(String version, CniException e) {
    JsonObject json = new JsonObject();
    json.addProperty("cniVersion", version);
    json.addProperty("code", e.number());
    json.addProperty("msg", e.getMessage());
    json.addProperty("details", details(e));
    return new Answer(1, bytes(json), e.getMessage());
  }

  /** The cause, where it says more than the message. */
  private static String details(CniException e) {
    Throwable cause = e.getCause();
    boolean isSaid = cause == null || e.getMessage().equals(cause.getMessage());
    return isSaid ? "" : cause.toString();
  }

  private static byte[] bytes(JsonObject json) {
    return (GSON.toJson(json) + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
