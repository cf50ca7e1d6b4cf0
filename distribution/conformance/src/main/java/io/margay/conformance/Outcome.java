// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How one call ended.
 *
 * @param output standard output
 * @param errors standard error, which is free for logs
 */
record Outcome(Call call, int exitStatus, byte[] output, String errors) {
  /** An error answer. CNI 1.1.0 section 5, "Error". */
  record Refusal(int code, String message, JsonObject json) {}

  boolean isSuccess() {
    return exitStatus == 0;
  }

  String text() {
    return new String(output, StandardCharsets.UTF_8);
  }

  Outcome succeeded() throws Deviation {
    if (!isSuccess()) {
      throw new Deviation(call.verb() + " failed: " + this);
    }
    return this;
  }

  /** Success with nothing on standard output. */
  Outcome succeededSilently() throws Deviation {
    succeeded();
    if (!text().isBlank()) {
      throw new Deviation(call.verb() + " printed " + this);
    }
    return this;
  }

  /** Standard output as the one JSON object it must be. */
  JsonObject json() throws Deviation {
    try {
      JsonReader reader = new JsonReader(new StringReader(text()));
      reader.setStrictness(Strictness.STRICT);
      JsonElement json = JsonParser.parseReader(reader);
      if (json.isJsonObject() && reader.peek() == JsonToken.END_DOCUMENT) {
        return json.getAsJsonObject();
      }
    } catch (JsonParseException | IOException e) {
      throw new Deviation("standard output of " + call.verb() + " is not JSON: " + this);
    }
    throw new Deviation("standard output of " + call.verb() + " is not one object: " + this);
  }

  /** The error answer that a failed call must give. */
  Refusal refused() throws Deviation {
    if (isSuccess()) {
      throw new Deviation(call.verb() + " succeeded");
    }
    JsonObject json = json();
    int code = Json.integer(json, "code").orElse(0);
    if (code <= 0) {
      throw new Deviation("error without a code above 0: " + this);
    }
    String message = Json.string(json, "msg").orElse("");
    if (message.isEmpty()) {
      throw new Deviation("error without msg: " + this);
    }
    return new Refusal(code, message, json);
  }

  /** As {@link #refused()}, with one of the codes. */
  Refusal refused(Integer... codes) throws Deviation {
    Refusal refusal = refused();
    if (!Arrays.asList(codes).contains(refusal.code())) {
      throw new Deviation(
          "code %d instead of %s: %s".formatted(refusal.code(), text(codes), refusal.message()));
    }
    return refusal;
  }

  private static String text(Integer... codes) {
    String list = Arrays.toString(codes);
    return codes.length == 1 ? codes[0].toString() : "one of " + list;
  }

  /** On one line, for a table. */
  @Override
  public String toString() {
    String said = text().isBlank() ? errors : text();
    return "exit status " + exitStatus + ", " + Text.brief(said.isBlank() ? "no output" : said);
  }
}
