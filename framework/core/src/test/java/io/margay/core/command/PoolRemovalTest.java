// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.console.CommandException;
import io.margay.api.net.Cidr;
import io.margay.api.resource.Allocation;
import io.margay.api.resource.BlockAffinity;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.Resource;
import io.margay.api.store.Expected;
import io.margay.api.store.Key;
import io.margay.api.store.StoreException;
import io.margay.testkit.FakeStore;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PoolRemovalTest {
  private static final Key BLUE = Key.of(IpPool.KIND, "blue");
  private static final Cidr FIRST = Cidr.parse("10.65.0.0/26");
  private static final Cidr SECOND = Cidr.parse("10.65.0.64/26");

  private final FakeStore store = new FakeStore(Runnable::run);
  private final PoolRemoval removal = new PoolRemoval(store);

  @BeforeEach
  void aPoolWithABlock() {
    put(IpPool.of("blue", Cidr.parse("10.65.0.0/16")));
    claim("n1", FIRST);
  }

  @Test
  void takesBackWhatANodeClaimedThatHadNotHeardYet() throws Exception {
    beforeWrite(3, () -> claim("n2", SECOND));

    assertEquals("2 blocks given back", removal.remove(BLUE));

    assertTrue(store.get(BLUE).isEmpty());
    assertTrue(store.list(IpamBlock.KIND).entries().isEmpty());
    assertTrue(store.list(BlockAffinity.KIND).entries().isEmpty());
  }

  @Test
  void leavesThePoolToAPodThatWasFaster() throws Exception {
    beforeWrite(3, () -> put(holding(SECOND, Map.of("node", "n2", "pod", "web"))));

    CommandException refusal = assertThrows(CommandException.class, () -> removal.remove(BLUE));

    assertTrue(refusal.getMessage().contains("10.65.0.64 of pod default/web on n2"));
    assertFalse(IpPool.parse(store.get(BLUE).orElseThrow().json()).disabled());
    assertEquals(Optional.of(refusal.getMessage()), removal.obstacle(BLUE));
  }

  @Test
  void triesAgainWhenTheBlockWasChanged() throws Exception {
    beforeWrite(2, () -> put(IpamBlock.claimedBy("n1", FIRST, Instant.ofEpochSecond(1))));

    assertEquals("1 block given back", removal.remove(BLUE));
    assertTrue(store.list(IpamBlock.KIND).entries().isEmpty());
  }

  @Test
  void leavesTunnelsTheirAddressesInABlockOfNobody() throws Exception {
    put(holding(FIRST, Map.of("node", "n1", "type", "vxlanTunnelAddress")));

    assertEquals(Optional.empty(), removal.obstacle(BLUE));
    assertEquals("1 block given back", removal.remove(BLUE));

    IpamBlock left = IpamBlock.parse(store.list(IpamBlock.KIND).entries().get(0).json());
    assertEquals(Optional.empty(), left.owner());
    assertEquals(1, left.allocations().size());
    assertTrue(store.list(BlockAffinity.KIND).entries().isEmpty());
  }

  @Test
  void deletesABlockWhoseAddressesCoolDown() throws Exception {
    put(
        holding(FIRST, Map.of("node", "n1", "pod", "web"))
            .withCooling(List.of(FIRST.address(0)), Instant.EPOCH));

    removal.remove(BLUE);

    assertTrue(store.list(IpamBlock.KIND).entries().isEmpty());
  }

  @Test
  void deletesADocumentThatIsNotValidAndKnowsOneThatIsGone() throws Exception {
    store.put(BLUE, "{}".getBytes(), Expected.ANY);
    assertEquals(Optional.empty(), removal.obstacle(BLUE));

    assertEquals("", removal.remove(BLUE));
    assertEquals("", removal.remove(BLUE));

    assertTrue(store.get(BLUE).isEmpty());
    assertEquals(1, store.list(IpamBlock.KIND).entries().size());
  }

  @Test
  void saysThatTheStoreFails() {
    store.lose("disk on fire");

    CommandException failure = assertThrows(CommandException.class, () -> removal.remove(BLUE));

    assertTrue(failure.getMessage().startsWith("pool blue: "), failure.getMessage());
  }

  /** Does something before the write of this number, from 0 on. */
  private void beforeWrite(int number, Runnable intrusion) {
    store.beforeNextWrite(
        writes -> {
          if (number == 0) {
            intrusion.run();
          } else {
            beforeWrite(number - 1, intrusion);
          }
        });
  }

  private void claim(String node, Cidr block) {
    put(IpamBlock.claimedBy(node, block, Instant.EPOCH));
    put(BlockAffinity.of(node, block, BlockAffinity.State.CONFIRMED));
  }

  private static IpamBlock holding(Cidr block, Map<String, String> attributes) {
    return IpamBlock.claimedBy("n1", block, Instant.EPOCH)
        .withAssigned(List.of(block.address(0)), Allocation.of("h", attributes));
  }

  private void put(Resource resource) {
    try {
      store.put(resource.key(), resource.toJson(), Expected.ANY);
    } catch (StoreException e) {
      throw new AssertionError(e);
    }
  }
}
