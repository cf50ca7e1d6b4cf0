// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NftTraceTest {
  private static final Attributes DROP =
      Attributes.NONE
          .withString(1, "filter")
          .withString(2, "FORWARD")
          .with(3, new byte[] {0, 0, 0, 0, 0, 0, 0, 7})
          .withBe32(4, NftTrace.NFT_TRACETYPE_RULE)
          .withNested(5, Attributes.NONE.withBe32(1, -3).withString(2, "deep"))
          .withBe32(6, 0x12345678)
          .with(8, new byte[] {0x45, 0})
          .withBe32(10, 2)
          .withBe32(12, 3);

  @Test
  void readsWhatARuleDid() throws NetlinkException {
    NftTrace trace = decode(DROP);

    assertEquals(NftMessage.NFPROTO_IPV4, trace.family());
    assertEquals("filter", trace.table());
    assertEquals("FORWARD", trace.chain());
    assertEquals(7, trace.handle());
    assertEquals(-3, trace.verdict());
    assertEquals("deep", trace.target());
    assertEquals(0x12345678, trace.id());
    assertEquals(2, trace.in());
    assertEquals(3, trace.out());
    assertArrayEquals(new byte[] {0x45, 0}, trace.network());
    assertEquals(0, trace.transport().length);
  }

  @Test
  void readsWhatAPolicyDid() throws NetlinkException {
    NftTrace trace =
        decode(
            DROP.without(5)
                .withBe32(4, NftTrace.NFT_TRACETYPE_POLICY)
                .withBe32(16, NftTrace.NF_DROP));

    assertEquals(NftTrace.NF_DROP, trace.verdict());
    assertEquals("", trace.target());
  }

  @Test
  void leavesOtherMessages() throws NetlinkException {
    ByteBuffer body = body(DROP);

    assertTrue(NftTrace.decode(NftMessage.type(NftMessage.NFT_MSG_NEWRULE), body).isEmpty());
  }

  @Test
  void anyBytesAreReadOrRefused() {
    Random random = new Random(20_261_123);
    int refused = 0;
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = new byte[random.nextInt(64)];
      random.nextBytes(bytes);
      try {
        NftTrace.decode(NftMessage.type(NftMessage.NFT_MSG_TRACE), ByteBuffer.wrap(bytes));
      } catch (NetlinkException e) {
        refused++;
      }
    }
    assertTrue(refused > 0);
  }

  private static NftTrace decode(Attributes attributes) throws NetlinkException {
    int type = NftMessage.type(NftMessage.NFT_MSG_TRACE);
    return NftTrace.decode(type, body(attributes)).orElseThrow();
  }

  private static ByteBuffer body(Attributes attributes) {
    ByteBuffer body = ByteBuffer.allocate(256).order(ByteOrder.nativeOrder());
    NftMessage.header(body, NftMessage.NFPROTO_IPV4, 0);
    attributes.encode(body);
    return body.flip();
  }
}
