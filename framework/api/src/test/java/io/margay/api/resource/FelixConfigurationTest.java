// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FelixConfigurationTest {
  @Test
  void hasCalicosDefaults() {
    FelixConfiguration configuration = FelixConfiguration.DEFAULT;

    assertEquals(4096, configuration.vxlanVni());
    assertEquals(4789, configuration.vxlanPort());
    assertEquals("cali", configuration.interfacePrefix());
    assertEquals(80, configuration.deviceRouteProtocol());
    assertEquals(Duration.ofSeconds(90), configuration.routeRefreshInterval());
    assertTrue(configuration.vxlanMtu().isEmpty());
    assertTrue(configuration.mtuIfacePattern().matcher("eth0").find());
    assertTrue(configuration.mtuIfacePattern().matcher("enp0s3").find());
    assertEquals(List.of("direct", "ipip", "vxlan"), configuration.allowedModes());
    assertEquals(Map.of(), configuration.settings());
  }

  @Test
  void laysANodesSettingsOverThoseOfAll() throws Exception {
    FelixConfiguration all = parse("{\"vxlanVNI\":1,\"vxlanPort\":2,\"bpfEnabled\":true}");
    FelixConfiguration node = parse("{\"vxlanPort\":3,\"wireguardEnabled\":true}");

    FelixConfiguration merged = all.overlaid(node);

    assertEquals(1, merged.vxlanVni());
    assertEquals(3, merged.vxlanPort());
    assertEquals(List.of("bpfEnabled", "wireguardEnabled"), merged.notHonoured());
    assertEquals(Map.of("vxlanVNI", "1", "vxlanPort", "3"), merged.settings());
  }

  @Test
  void zeroMtuLetsTheUplinkDecide() throws Exception {
    assertTrue(parse("{\"ipipMTU\":0}").ipipMtu().isEmpty());
    assertEquals(1440, parse("{\"ipipMTU\":1440}").ipipMtu().getAsInt());
  }

  @ParameterizedTest
  @CsvSource({"1024,1024-1024", "'\"1024\"',1024-1024", "'\"1024:2048\"',1024-2048", "0,none"})
  void readsPortRangesAsNumbersOrTexts(String value, String range) throws Exception {
    Optional<FelixConfiguration.PortRange> read =
        parse("{\"natPortRange\":" + value + "}").natPortRange();

    assertEquals(range, read.map(Object::toString).orElse("none"));
  }

  @ParameterizedTest
  @CsvSource({
    "1m30s123ms,90123",
    "1h5m,3900000",
    "1.5h,5400000",
    "0,0",
    "0s,0",
    "250ms,250",
    "90s,90000",
    "1500us,1"
  })
  void readsGosTimeSpans(String text, long millis) throws Exception {
    assertEquals(
        millis,
        parse("{\"routeRefreshInterval\":\"" + text + "\"}").routeRefreshInterval().toMillis());
  }

  private static FelixConfiguration parse(String spec) throws InvalidResourceException {
    return FelixConfiguration.parse(Samples.json("FelixConfiguration", spec));
  }
}
