// SPDX-License-Identifier: Apache-2.0
package io.margay.core.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.Cidr;
import io.margay.api.net.InterfaceAddress;
import io.margay.api.net.Ip;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Node;
import io.margay.api.resource.Resource;
import io.margay.api.store.Entry;
import io.margay.api.store.Key;
import io.margay.api.store.Listing;
import io.margay.api.store.Revision;
import io.margay.api.store.Watcher;
import io.margay.core.plan.Wanted;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MirrorTest {
  private final Mirror mirror = new Mirror("n1");

  @Test
  void isInSyncWhenEveryKindWasListed() {
    List<String> kinds = List.copyOf(mirror.watches().keySet());
    for (String kind : kinds.subList(1, kinds.size())) {
      mirror.apply(kind, new Watcher.Reset(new Listing(List.of(), Revision.NONE)));
    }
    assertFalse(mirror.isInSync());

    mirror.apply(kinds.get(0), new Watcher.Reset(new Listing(List.of(), Revision.NONE)));
    assertTrue(mirror.isInSync());

    mirror.apply(kinds.get(0), new Watcher.Lost("disk"));
    assertTrue(mirror.isInSync(), "what is known stays in force");
    assertEquals(Optional.of("disk"), mirror.lost());
  }

  @Test
  void watchesOnlyOwnEndpoints() {
    assertEquals("rack--7-", new Mirror("rack-7").watches().get("WorkloadEndpoint").namePrefix());
  }

  @Test
  void keepsTheLastGoodDocumentAndForgetsItWithTheDocument() {
    IpPool pool = IpPool.of("p", Cidr.parse("10.65.0.0/16"));
    Entry bad = new Entry(pool.key(), "{".getBytes(StandardCharsets.UTF_8), Revision.NONE);
    mirror.apply(IpPool.KIND, put(pool));

    assertFalse(mirror.apply(IpPool.KIND, new Watcher.Put(bad)));
    assertTrue(mirror.view().pools().containsKey("p"));
    assertTrue(mirror.faults().containsKey("IPPool/p"));

    mirror.apply(IpPool.KIND, new Watcher.Reset(new Listing(List.of(bad), Revision.NONE)));
    assertTrue(mirror.view().pools().containsKey("p"), "a listing is no better than a put");

    mirror.apply(IpPool.KIND, new Watcher.Deleted(pool.key(), Revision.NONE));
    assertFalse(mirror.view().pools().containsKey("p"));
    assertEquals(Map.of(), mirror.faults());
  }

  @Test
  void tellsOnlyOfChangesThatMatter() {
    IpamBlock block = IpamBlock.claimedBy("n2", Cidr.parse("10.65.0.0/26"), Instant.EPOCH);
    assertTrue(mirror.apply(IpamBlock.KIND, put(block)));

    assertFalse(mirror.apply(IpamBlock.KIND, put(with(block, "10.65.0.1", "n2"))));
    assertTrue(mirror.apply(IpamBlock.KIND, put(with(block, "10.65.0.1", "n3"))));
  }

  /** Whatever order the events of different documents come in, the view is the same. */
  @Test
  void isTheSameForAnyOrderOfArrival() {
    List<Resource> documents = new ArrayList<>();
    documents.add(IpPool.of("p", Cidr.parse("10.65.0.0/16")));
    documents.add(IpPool.of("q", Cidr.parse("10.66.0.0/16")));
    for (int i = 1; i <= 4; i++) {
      InterfaceAddress address = InterfaceAddress.parse("192.0.2." + i + "/24");
      documents.add(Node.of("n" + i).withAddress(IpFamily.IPV4, Optional.of(address)));
      Cidr cidr = Cidr.parse("10.6" + (4 + i) + ".0.0/26");
      IpamBlock block = IpamBlock.claimedBy("n" + i, cidr, Instant.EPOCH);
      documents.add(with(block, Ip.text(cidr.address(3)), "n" + (i % 4 + 1)));
      documents.add(BlockAffinity.of("n" + i, cidr, BlockAffinity.State.CONFIRMED));
    }
    documents.forEach(d -> mirror.apply(d.kind(), put(d)));
    ClusterView expected = mirror.view();

    for (int seed = 0; seed < 200; seed++) {
      Collections.shuffle(documents, new Random(seed));
      Mirror other = new Mirror("n1");
      documents.forEach(d -> other.apply(d.kind(), put(d)));

      assertEquals(expected, other.view());
      assertEquals(
          Wanted.of(expected, Map.of(), m -> true, Map.of()),
          Wanted.of(other.view(), Map.of(), m -> true, Map.of()));
    }
  }

  private static IpamBlock with(IpamBlock block, String address, String node) {
    return block.withAssigned(
        List.of(Ip.parse(address)), Allocation.of("net.x", Map.of("node", node)));
  }

  private static Watcher.Put put(Resource resource) {
    Key key = resource.key();
    return new Watcher.Put(new Entry(key, resource.toJson(), Revision.NONE));
  }
}
