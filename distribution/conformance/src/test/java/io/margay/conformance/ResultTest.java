// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonParser;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResultTest {
  private static Result parse(String json, SpecVersion version) throws Deviation {
    String text = json.replace('\'', '"');
    return Result.parse(JsonParser.parseString(text).getAsJsonObject(), version);
  }

  @Test
  void readsFamilies() throws Exception {
    Result result =
        parse(
            "{'ip4': {'ip': '10.1.2.3/24', 'gateway': '10.1.2.1', 'routes': [{'dst':"
                + " '0.0.0.0/0'}]}}",
            SpecVersion.V0_2_0);

    assertEquals("10.1.2.3/24", result.ips().get(0).address().toString());
    assertEquals(1, result.routes().size());
    assertTrue(result.interfaces().isEmpty());
  }

  @Test
  void findsTheAddressesOfALink() throws Exception {
    Result result =
        parse(
            """
            {'interfaces': [{'name': 'veth1'}, {'name': 'eth0', 'sandbox': '/run/netns/c'}],
             'ips': [{'address': '10.1.2.3/24', 'interface': 1}, {'address': 'fd00::1/64', 'interface': 0}]}
            """,
            SpecVersion.V1_0_0);

    Set<Cidr> found = result.addresses("eth0", "/run/netns/c");

    assertEquals(Set.of(Cidr.parse("10.1.2.3/24").orElseThrow()), found);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.2.0 | {'ips': []}",
        "0.2.0 | {'ip4': []}",
        "0.2.0 | {'ip4': {'ip': 'fd00::1/64'}}",
        "0.3.0 | {'ip4': {'ip': '10.1.2.3/24'}}",
        "0.3.1 | {'ips': [{'address': '10.1.2.3/24'}]}",
        "0.4.0 | {'ips': [{'address': '10.1.2.3/24', 'version': '6'}]}",
        "1.0.0 | {'ips': {}}",
        "1.0.0 | {'ips': [1]}",
        "1.0.0 | {'ips': [{'address': '10.1.2.3'}]}",
        "1.0.0 | {'ips': [{'address': '10.1.2.3/33'}]}",
        "1.0.0 | {'ips': [{'address': 'localhost/32'}]}",
        "1.0.0 | {'ips': [{'address': '10.1.2.3/24', 'interface': 0}]}",
        "1.0.0 | {'ips': [{'address': '10.1.2.3/24', 'gateway': 'x'}]}",
        "1.0.0 | {'interfaces': [{'mac': '02:00:00:00:00:01'}]}",
        "1.0.0 | {'interfaces': [{'name': 'eth0', 'mac': '1'}]}",
        "1.0.0 | {'routes': [{'gw': '10.1.2.1'}]}",
        "1.0.0 | {'dns': 'a'}"
      })
  void refusesWhatTheVersionDoesNotHave(String version, String json) {
    SpecVersion parsed = SpecVersion.parse(version).orElseThrow();

    assertThrows(Deviation.class, () -> parse(json, parsed));
  }
}
