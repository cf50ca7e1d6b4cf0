// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.net.IpFamily;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class EchoPacketTest {
  @Test
  void makesAPacketOfTheWantedSize() {
    assertEquals(1480, new EchoPacket(IpFamily.IPV4, 1).request(1500).capacity());
    assertEquals(1460, new EchoPacket(IpFamily.IPV6, 1).request(1500).capacity());
    assertEquals(8, new EchoPacket(IpFamily.IPV6, 1).request(28).capacity());
  }

  @Test
  void carriesAChecksumThatAddsUp() {
    ByteBuffer request = new EchoPacket(IpFamily.IPV4, 0xbeef).request(100);

    assertEquals(0, EchoPacket.checksum(request));
    // The example of RFC 1071 section 3.
    assertEquals((short) ~0xddf2, EchoPacket.checksum(bytes("0001f203f4f5f6f7")));
    assertEquals((short) ~0x0301, EchoPacket.checksum(bytes("000103")));
  }

  @Test
  void knowsItsReplyFromOthers() {
    EchoPacket four = new EchoPacket(IpFamily.IPV4, 0x1234);
    EchoPacket six = new EchoPacket(IpFamily.IPV6, 0x1234);
    String ipHeader = "45".concat("00".repeat(19));

    assertTrue(four.isReply(bytes(ipHeader + "00000000" + "12340000")));
    assertFalse(four.isReply(bytes(ipHeader + "08000000" + "12340000")));
    assertFalse(four.isReply(bytes(ipHeader + "00000000" + "12350000")));
    assertFalse(four.isReply(bytes(ipHeader + "0000")));
    assertFalse(four.isReply(bytes("")));
    assertTrue(six.isReply(bytes("81000000" + "12340000")));
    assertFalse(six.isReply(bytes("80000000" + "12340000")));
  }

  private static ByteBuffer bytes(String hex) {
    return ByteBuffer.wrap(HexFormat.of().parseHex(hex));
  }
}
