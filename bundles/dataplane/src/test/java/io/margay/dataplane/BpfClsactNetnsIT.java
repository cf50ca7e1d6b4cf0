// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.netlink.BpfProgramFd;
import io.margay.netlink.NetlinkSocket;
import io.margay.netlink.Request;
import io.margay.netlink.TrafficMessage;
import org.junit.jupiter.api.Test;

/** The same programs, attached as in kernels without TCX. */
class BpfClsactNetnsIT extends BpfNetnsIT {
  @Override
  boolean onlyClsact() {
    return true;
  }

  @Test
  void keepsFiltersOfOthers() throws Exception {
    byte[] next = {(byte) 0xb7, 0, 0, 0, -1, -1, -1, -1, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0};
    try (NetlinkSocket socket = node.netns().call(NetlinkSocket::open);
        BpfProgramFd program = BpfProgramFd.load("next", next)) {
      int index = socket.link("uplink").orElseThrow().index();
      socket.execute(Request.add(TrafficMessage.clsact(index)));
      TrafficMessage theirs =
          TrafficMessage.program(index, TrafficMessage.INGRESS, ClsactAttachment.PRIORITY, 1);
      socket.execute(Request.add(theirs.withProgram(program, "theirs")));
    }

    declare(PacketFilter.COUNTS, PacketFilter.BLOCKED, FILTER);

    String filters = node.tool("tc", "filter show dev uplink ingress");
    assertTrue(filters.contains("theirs") && filters.contains("margay/filter"), filters);

    declare();

    filters = node.tool("tc", "filter show dev uplink ingress");
    assertTrue(filters.contains("theirs") && !filters.contains("margay/"), filters);
  }
}
