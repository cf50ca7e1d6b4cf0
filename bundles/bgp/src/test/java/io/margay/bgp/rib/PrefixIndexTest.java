// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.rib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.IpFamily;
import io.margay.bgp.codec.Prefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PrefixIndexTest {
  @Test
  void findsWhatWasAddedAndNotWhatWasRemoved() {
    for (IpFamily family : IpFamily.values()) {
      PrefixIndex index = new PrefixIndex(family);
      Map<Prefix, Integer> model = new HashMap<>();
      Random random = new Random(family.ordinal());
      for (int i = 0; i < 60_000; i++) {
        Prefix p = prefix(family, random);
        if (random.nextInt(5) < 3) {
          int id = index.add(p.high(), p.low(), p.length());
          Integer known = model.putIfAbsent(p, id);
          assertTrue(known == null || known == id, p + " is " + known + " and " + id);
        } else if (model.containsKey(p)) {
          index.remove(model.remove(p));
        }
        assertEquals(model.getOrDefault(p, -1), index.find(p));
      }
      assertEquals(model.size(), index.size());
      model.forEach((p, id) -> assertEquals(p, index.prefix(id)));
      List<Integer> ids = new ArrayList<>(model.values());
      assertEquals(ids.size(), new HashSet<>(ids).size());
    }
  }

  private static Prefix prefix(IpFamily family, Random random) {
    int length = random.nextInt(family.addressBits() + 1);
    long high = random.nextInt(64) * 0x0123456700000000L & Prefix.highMask(length);
    long low = family == IpFamily.IPV4 ? 0 : random.nextInt(8) & Prefix.lowMask(length);
    return new Prefix(
        family, family == IpFamily.IPV4 ? high & 0xffffffff00000000L : high, low, length);
  }
}
