// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The network configuration that all calls are made with. Its name is the runner's own, whatever
 * the file says: a GC must never meet attachments of others.
 */
final class NetworkConf {
  private static final String IPAM =
      """
      "ipam": {"type": "host-local", "dataDir": "%s", "subnet": "10.231.0.0/16",
               "routes": [{"dst": "0.0.0.0/0"}]}
      """;

  /** For plugins that do nothing without a configuration; {@link Site#UPLINK} is in the host. */
  private static final Map<String, String> KNOWN =
      Map.of(
          "ptp", IPAM,
          "bridge", "\"bridge\": \"conformance0\", \"isGateway\": true, " + IPAM,
          "macvlan", "\"master\": \"" + Site.UPLINK + "\", " + IPAM,
          "ipvlan", "\"master\": \"" + Site.UPLINK + "\", " + IPAM);

  private final JsonObject base;
  private final String name;

  private NetworkConf(JsonObject base, String name) {
    this.base = base;
    this.name = name;
  }

  /** What is used without a file: a built-in one, or only the type. */
  static NetworkConf builtIn(String type, String name, Path leases) {
    String more = KNOWN.containsKey(type) ? ", " + KNOWN.get(type).formatted(leases) : "";
    String json = "{\"type\": \"%s\"%s}".formatted(type, more);
    return new NetworkConf(JsonParser.parseString(json).getAsJsonObject(), name);
  }

  /**
   * Reads the configuration of a plugin, or a list of which the plugin is one.
   *
   * @throws IOException also when the file has no configuration of the type
   */
  static NetworkConf read(Path file, String type, String name) throws IOException {
    try {
      JsonObject json = JsonParser.parseString(Files.readString(file)).getAsJsonObject();
      if (!json.has("plugins")) {
        return new NetworkConf(json, name);
      }
      for (JsonElement plugin : json.getAsJsonArray("plugins")) {
        if (Json.string(plugin.getAsJsonObject(), "type").orElse("").equals(type)) {
          return new NetworkConf(plugin.getAsJsonObject(), name);
        }
      }
      throw new IOException(file + ": no plugin of type " + type);
    } catch (JsonParseException | IllegalStateException | ClassCastException e) {
      throw new IOException(file + ": no network configuration: " + e.getMessage(), e);
    }
  }

  String name() {
    return name;
  }

  /** What a runtime sends for one version; the caller may change it. */
  JsonObject at(SpecVersion version) {
    JsonObject conf = base.deepCopy();
    conf.addProperty("cniVersion", version.toString());
    conf.addProperty("name", name);
    return conf;
  }
}
