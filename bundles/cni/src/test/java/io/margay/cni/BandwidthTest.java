// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.gson.JsonParser;
import io.margay.api.net.Rate;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Key;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BandwidthTest {
  private static final String KUBERNETES = "kubernetes.io/ingress-bandwidth";
  private static final String CALICO = "qos.projectcalico.org/ingressBandwidth";
  private static final String CAPABILITY =
      "{\"bandwidth\":{\"ingressRate\":1000000,\"ingressBurst\":8000000,"
          + "\"egressRate\":2000000,\"egressBurst\":18446744073709551615}}";

  @ParameterizedTest
  @CsvSource({
    "1000,1000",
    "10k,10000",
    "10M,10000000",
    "1.5G,1500000000",
    "1Ki,1024",
    "2Mi,2097152",
    "1e6,1000000",
    "1P,1000000000000000"
  })
  void readsQuantities(String text, long bits) throws Exception {
    assertEquals(Optional.of(Rate.of(bits)), of("{}", Map.of(KUBERNETES, text)).receive());
  }

  @Test
  void takesTheCapability() throws Exception {
    Bandwidth bandwidth = of(CAPABILITY, Map.of());

    assertEquals(Optional.of(new Rate(1_000_000, 1_000_000)), bandwidth.receive());
    assertEquals(Optional.of(new Rate(2_000_000, Integer.MAX_VALUE)), bandwidth.send());
  }

  @Test
  void annotationsWinDirectionByDirection() throws Exception {
    Bandwidth bandwidth = of(CAPABILITY, Map.of(KUBERNETES, "3M", CALICO, "4M"));

    assertEquals(Optional.of(Rate.of(4_000_000)), bandwidth.receive());
    assertEquals(2_000_000, bandwidth.send().orElseThrow().bitsPerSecond());
  }

  @Test
  void zeroIsNoLimit() throws Exception {
    String zero = "{\"bandwidth\":{\"ingressRate\":0,\"ingressBurst\":0}}";

    assertEquals(Bandwidth.UNLIMITED, of(zero, Map.of()));
    assertEquals(Bandwidth.UNLIMITED, of("{}", Map.of()));
  }

  @Test
  void addWritesTheLimitsIntoDocumentAndLink() throws Exception {
    TestNode node = new TestNode();
    RawCall add = TestNode.call(Verb.ADD, "c", Map.of(), Map.of("runtimeConfig", CAPABILITY));

    assertEquals(0, node.run(add).status());

    Key key = new Key(WorkloadEndpoint.KIND, "default", "node1-cni-c-eth0");
    WorkloadEndpoint endpoint = WorkloadEndpoint.parse(node.store.get(key).orElseThrow().json());
    assertEquals(Optional.of(new Rate(1_000_000, 1_000_000)), endpoint.receiveRate());
    Optional<Rate> send = Optional.of(new Rate(2_000_000, Integer.MAX_VALUE));
    assertEquals(send, endpoint.sendRate());
    assertEquals(send, node.plumber.links.get("net.c").sendRate());
    node.close();
  }

  private static Bandwidth of(String runtime, Map<String, String> annotations) throws Exception {
    JsonFields fields = new JsonFields(JsonParser.parseString(runtime).getAsJsonObject(), "");
    return Bandwidth.of(fields, annotations);
  }
}
