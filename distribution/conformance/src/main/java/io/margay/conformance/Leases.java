// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What {@code host-local} has on disk: one file per address, whose first line is the container. Of
 * all IPAM plugins the one that can be looked into from outside.
 *
 * @param directory of one network
 */
record Leases(Path directory) {
  private static final String DEFAULT_DIRECTORY = "/var/lib/cni/networks";

  /** Empty when the configuration has another IPAM. */
  static Optional<Leases> of(JsonObject conf) {
    return Json.object(conf, "ipam")
        .filter(ipam -> Json.string(ipam, "type").equals(Optional.of("host-local")))
        .map(ipam -> Json.string(ipam, "dataDir").orElse(DEFAULT_DIRECTORY))
        .map(directory -> new Leases(Path.of(directory, conf.get("name").getAsString())));
  }

  /** The addresses that a container holds. */
  Set<String> of(Container container) throws IOException {
    Set<String> held = new TreeSet<>();
    if (!Files.isDirectory(directory)) {
      return held;
    }
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (Cidr.address(file.getFileName().toString()).isPresent()
            && Files.readString(file).lines().findFirst().orElse("").equals(container.id())) {
          held.add(file.getFileName().toString());
        }
      }
    }
    return held;
  }

  /** Takes the container's addresses away behind the back of the plugin. */
  void forget(Container container) throws IOException {
    for (String address : of(container)) {
      Files.delete(directory.resolve(address));
    }
  }
}
