// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.resource.Node;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModeSettingsTest {
  @Test
  void takesAnnotationsThatNameAMode() {
    Node node =
        Node.of("n1")
            .withAnnotation("margay.io/srv6.sids", Optional.of("2001:db8:5::/64"))
            .withAnnotation("margay.io/srv6.a.b", Optional.of("1"))
            .withAnnotation("margay.io/wire-guard.port", Optional.of("51820"))
            .withAnnotation("margay.io/advertise.srv6", Optional.of("{}"))
            .withAnnotation("margay.io/tunnel-addresses", Optional.of("{}"))
            .withAnnotation("example.com/srv6.sids", Optional.of("fd00::/64"));

    assertEquals(
        Map.of(
            "srv6", Map.of("sids", "2001:db8:5::/64", "a.b", "1"),
            "wire-guard", Map.of("port", "51820")),
        ModeSettings.of(node));
  }
}
