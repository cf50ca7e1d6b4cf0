// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import io.margay.cni.CniException.Code;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The network configuration on standard input. Unknown keys are tolerated; those that are read are
 * checked. Keys are Calico's where it has them.
 *
 * @param ipam whose addresses
 * @param addressing which addresses are wanted
 * @param pod labels, annotations and link properties
 * @param mtuBytes 0 for the node's
 * @param dns for the result, as given
 * @param prevResult of the plugin before, or of ADD for CHECK and DEL
 * @param validAttachments for GC; absent when the runtime did not say
 */
record NetConf(
    SpecVersion version,
    String name,
    IpamConf ipam,
    Addressing addressing,
    PodConf pod,
    int mtuBytes,
    JsonObject dns,
    Optional<JsonObject> prevResult,
    Optional<Set<Attachment>> validAttachments) {
  private static final String VALID_ATTACHMENTS = "cni.dev/valid-attachments";

  /**
   * Reads it.
   *
   * @param plugin the name by which we were executed
   */
  static NetConf parse(byte[] input, Verb verb, String plugin) throws CniException {
    if (verb == Verb.VERSION && input.length == 0) {
      return bare(SpecVersion.LATEST, "", IpamConf.OURS);
    }
    JsonObject json = object(input);
    String text = versionText(json);
    if (verb == Verb.VERSION) {
      // Asked by whoever wants to know what is supported: any version may ask.
      return bare(SpecVersion.parse(text).orElse(SpecVersion.LATEST), "", IpamConf.OURS);
    }
    SpecVersion version =
        SpecVersion.parse(text)
            .filter(v -> v.atLeast(verb.since()))
            .orElseThrow(() -> incompatible(text, verb));
    JsonFields fields = new JsonFields(json, "");
    String name = fields.string("name").orElse("");
    if (!Request.NAME.matcher(name).matches()) {
      throw invalid("name", name.isEmpty() ? "missing" : name, "letters, digits, '_', '.', '-'");
    }
    if (verb == Verb.DEL) {
      // Needs only the name. Whatever else is wrong, what ADD made must go.
      return bare(version, name, IpamConf.ofDel(fields, plugin));
    }
    boolean isAdd = verb == Verb.ADD;
    return new NetConf(
        version,
        name,
        IpamConf.of(fields, plugin),
        Addressing.of(fields),
        isAdd ? PodConf.of(fields) : PodConf.NONE,
        mtu(fields),
        dns(fields),
        fields.object("prevResult").json(),
        validAttachments(fields, name));
  }

  /** The object on standard input. */
  static JsonObject object(byte[] input) throws CniException {
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(input));
      JsonReader reader = new JsonReader(new StringReader(text.toString()));
      reader.setStrictness(Strictness.STRICT);
      JsonElement json = JsonParser.parseReader(reader);
      if (json.isJsonObject() && reader.peek() == JsonToken.END_DOCUMENT) {
        return json.getAsJsonObject();
      }
      throw new CniException(Code.UNDECODABLE, "network configuration: not one JSON object");
    } catch (JsonParseException | IOException e) {
      throw new CniException(
          Code.UNDECODABLE, "network configuration: cannot be decoded: " + e.getMessage(), e);
    }
  }

  static String versionText(JsonObject json) throws CniException {
    return new JsonFields(json, "").string("cniVersion").orElse(SpecVersion.UNSTATED.toString());
  }

  static CniException invalid(String key, Object value, String expected) {
    return new CniException(
        Code.INVALID_CONFIG,
        key + ": " + CniException.quoted(value) + " (expected: " + expected + ")");
  }

  private static NetConf bare(SpecVersion version, String name, IpamConf ipam) {
    return new NetConf(
        version,
        name,
        ipam,
        Addressing.ANY,
        PodConf.NONE,
        0,
        new JsonObject(),
        Optional.empty(),
        Optional.empty());
  }

  private static CniException incompatible(String version, Verb verb) {
    return new CniException(
        Code.INCOMPATIBLE_VERSION,
        "cniVersion: %s does not allow %s (expected: one of %s, %s or later)"
            .formatted(CniException.quoted(version), verb, SpecVersion.supported(), verb.since()));
  }

  private static int mtu(JsonFields fields) throws CniException {
    int mtu = fields.integer("mtu").orElse(0);
    if (mtu != 0 && (mtu < 68 || mtu > 65535)) {
      throw invalid("mtu", mtu, "0, or 68..65535");
    }
    return mtu;
  }

  /** {@code runtimeConfig.dns} comes from the pod and wins over {@code dns} of the network. */
  private static JsonObject dns(JsonFields fields) throws CniException {
    JsonObject dns = fields.object("dns").json().orElseGet(JsonObject::new).deepCopy();
    Optional<JsonObject> runtime = fields.object("runtimeConfig").object("dns").json();
    if (runtime.isPresent()) {
      JsonObject given = runtime.get();
      move(given, "servers", dns, "nameservers");
      move(given, "searches", dns, "search");
      move(given, "options", dns, "options");
    }
    return dns;
  }

  private static void move(JsonObject from, String key, JsonObject to, String as) {
    if (from.has(key)) {
      to.add(as, from.get(key));
    }
  }

  private static Optional<Set<Attachment>> validAttachments(JsonFields fields, String network)
      throws CniException {
    if (!fields.has(VALID_ATTACHMENTS)) {
      return Optional.empty();
    }
    Set<Attachment> valid = new HashSet<>();
    for (JsonFields item : fields.objects(VALID_ATTACHMENTS)) {
      valid.add(new Attachment(network, item.required("containerID"), item.required("ifname")));
    }
    return Optional.of(Set.copyOf(valid));
  }
}
