// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/** A message of {@code bgp-messages.jsonl}, with what is to become of it. */
record Vector(String id, byte[] message, JsonObject context, JsonObject expected) {
  static List<Vector> all() throws IOException {
    List<Vector> vectors = new ArrayList<>();
    try (InputStream in = Vector.class.getResourceAsStream("/bgp-messages.jsonl")) {
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        JsonObject json = JsonParser.parseString(line).getAsJsonObject();
        vectors.add(
            new Vector(
                json.get("id").getAsString(),
                HexFormat.of().parseHex(json.get("hex").getAsString()),
                json.getAsJsonObject("ctx"),
                json.getAsJsonObject("expect")));
      }
    }
    return vectors;
  }

  String action() {
    return expected.get("action").getAsString();
  }

  /** What else a speaker may do. */
  List<String> alternatives() {
    List<String> texts = new ArrayList<>();
    JsonArray array = expected.getAsJsonArray("any_of");
    if (array != null) {
      array.forEach(e -> texts.add(e.getAsString()));
    }
    return texts;
  }

  JsonObject decoded() {
    JsonElement decode = expected.get("decode");
    return decode == null ? new JsonObject() : decode.getAsJsonObject();
  }

  boolean is(String flag) {
    return context.has(flag) && context.get(flag).getAsBoolean();
  }

  int maxLength() {
    return is("extmsg") ? Message.MAX_EXTENDED_LENGTH : Message.MAX_LENGTH;
  }

  UpdateContext updateContext() {
    boolean isExternal = context.get("peer").getAsString().equals("ebgp");
    Set<IpFamily> families = Set.of(IpFamily.IPV4, IpFamily.IPV6);
    return new UpdateContext(
        isExternal,
        isExternal && context.has("peer_as") ? context.get("peer_as").getAsLong() : 0,
        context.get("as4").getAsBoolean(),
        families,
        is("addpath") ? families : Set.of(),
        is("ext_nexthop"));
  }

  @Override
  public String toString() {
    return id;
  }
}
