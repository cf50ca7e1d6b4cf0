// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;

class DatagramTest {
  private static final int CAPPED = 0x100;
  private static final int ACK_TLVS = 0x200;
  private static final Attributes TEXT =
      Attributes.NONE.withString(1, "Nexthop has invalid gateway");

  @Test
  void readsTheKernelsTextBehindACappedRefusal() throws Exception {
    Datagram in = new Datagram(error(-101, CAPPED | ACK_TLVS, 60, new byte[0]));
    assertTrue(in.next());
    assertEquals(101, in.error());
    assertEquals("Nexthop has invalid gateway", in.errorText());
    assertFalse(in.next());
  }

  @Test
  void readsTheKernelsTextBehindTheRefusedMessage() throws Exception {
    Datagram in = new Datagram(error(-101, ACK_TLVS, 16 + 13, new byte[16]));
    assertTrue(in.next());
    assertEquals("Nexthop has invalid gateway", in.errorText());
  }

  @Test
  void refusesAWrongLength() {
    ByteBuffer bytes = error(0, 0, 16, new byte[0]);
    bytes.putInt(0, 5000);
    assertThrows(NetlinkException.class, () -> new Datagram(bytes).next());
  }

  @Test
  void anyBytesAreReadOrFailCleanly() {
    Random random = new Random(20_260_102);
    for (int i = 0; i < 20_000; i++) {
      byte[] bytes = error(-1, CAPPED | ACK_TLVS, 60, new byte[0]).array();
      for (int n = random.nextInt(6); n >= 0; n--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      Datagram in = new Datagram(ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()));
      try {
        while (in.next()) {
          in.error();
          in.errorText();
        }
      } catch (NetlinkException e) {
        assertEquals("EBADMSG", e.errno());
      }
    }
  }

  /**
   * NLMSG_ERROR about a message of that length, of which the kernel returned the header and this
   * body.
   */
  private static ByteBuffer error(int error, int flags, int refusedLength, byte[] refusedBody) {
    ByteBuffer out = ByteBuffer.allocate(200).order(ByteOrder.nativeOrder());
    out.putInt(0)
        .putShort((short) Datagram.NLMSG_ERROR)
        .putShort((short) flags)
        .putInt(1)
        .putInt(9);
    out.putInt(error);
    out.putInt(refusedLength).putShort((short) 24).putShort((short) 5).putInt(1).putInt(0);
    out.put(refusedBody);
    TEXT.encode(out);
    out.putInt(0, out.position());
    byte[] bytes = new byte[out.position()];
    out.flip().get(bytes);
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
  }
}
