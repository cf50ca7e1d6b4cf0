// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Maps, programs and both ways to attach them, against the kernel; {@code tc} looks on. */
class BpfNetnsIT {
  private static final int LOOPBACK = 1;
  private static final byte[] PASS = returning(0);
  private static final byte[] DROP = returning(2);

  @TempDir Path folder;
  private TestNetns ns;

  @BeforeEach
  void open() throws Exception {
    ns = TestNetns.create();
    ns.exec("ip link set lo up");
    BpfFs.mount(folder);
  }

  @AfterEach
  void close() throws Exception {
    if (ns != null) {
      BpfFs.unmount(folder);
      ns.close();
    }
  }

  @Test
  void findsOutWhatTheKernelCanDo() throws Exception {
    BpfFacts facts = BpfFacts.read();

    assertTrue(facts.bpf(), facts.toString());
    assertTrue(Files.exists(Path.of("/proc/self")));
  }

  @Test
  void keepsEntriesOfAPinnedMap() throws Exception {
    BpfMapFd.Form form = new BpfMapFd.Form(BpfMapFd.BPF_MAP_TYPE_HASH, 4, 2, 3);
    byte[] key = {1, 2, 3, 4};
    try (BpfMapFd map = BpfMapFd.create("peers", form)) {
      assertEquals(List.of(), map.keys());
      map.put(key, new byte[] {5, 6});
      map.put(new byte[] {9, 9, 9, 9}, new byte[] {7, 7});
      map.pin(folder.resolve("peers"));
    }

    try (BpfMapFd map = BpfMapFd.open(folder.resolve("peers"))) {
      assertEquals(form, map.form());
      assertEquals(2, map.keys().size());
      assertArrayEquals(new byte[] {5, 6}, map.get(key).orElseThrow());
      assertTrue(map.remove(key));
      assertFalse(map.remove(key));
      assertEquals(Optional.empty(), map.get(key));
      assertThrows(IllegalArgumentException.class, () -> map.put(key, new byte[3]));
      map.put(new byte[] {1, 0, 0, 0}, new byte[2]);
      map.put(new byte[] {2, 0, 0, 0}, new byte[2]);
      NetlinkException full = assertThrows(NetlinkException.class, () -> map.put(key, new byte[2]));
      assertEquals("E2BIG", full.errno());
    }
    NetlinkException taken =
        assertThrows(
            NetlinkException.class,
            () -> {
              try (BpfMapFd map = BpfMapFd.create("peers", form)) {
                map.pin(folder.resolve("peers"));
              }
            });
    assertEquals("EEXIST", taken.errno());
  }

  @Test
  void addsUpTheProcessorsOfACounter() throws Exception {
    BpfMapFd.Form form = new BpfMapFd.Form(BpfMapFd.BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 2);
    try (BpfMapFd map = BpfMapFd.create("counts", form)) {
      assertEquals(0, map.sum(1));
      assertThrows(NetlinkException.class, () -> map.sum(2));
    }
  }

  @Test
  void tellsWhatTheVerifierDoesNotLike() {
    byte[] endless = new byte[8]; // no instruction has the code 0

    NetlinkException e =
        assertThrows(NetlinkException.class, () -> BpfProgramFd.load("bad", endless));

    assertTrue(e.getMessage().startsWith("bpf program load bad: EINVAL ("), e.getMessage());
    byte[] reads = {
      0x61, 0x10, 0, 0, 0, 0, 0, 0, 0x61, 0, 0, 0, 0, 0, 0, 0, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0
    };
    NetlinkException bad =
        assertThrows(NetlinkException.class, () -> BpfProgramFd.load("bad", reads));
    assertTrue(bad.getMessage().contains("invalid mem access"), bad.getMessage());
  }

  @Test
  void attachesByTcxAndSwaps() throws Exception {
    assertTrue(BpfFacts.read().tcx(), "this test needs Linux 6.6");
    Path pin = folder.resolve("link");
    try (BpfProgramFd pass = BpfProgramFd.load("pass", PASS);
        BpfProgramFd drop = BpfProgramFd.load("drop", DROP)) {
      try (TcxLinkFd link = ns.netns().call(() -> TcxLinkFd.attach(drop, LOOPBACK, true))) {
        link.pin(pin);
      }
      assertFalse(answers());

      try (TcxLinkFd link = TcxLinkFd.open(pin)) {
        assertEquals(new TcxLinkFd.Info(drop.info().id(), LOOPBACK), link.info());
        link.swap(pass);
        assertEquals(pass.info().id(), link.info().programId());
      }
      assertTrue(answers());

      try (TcxLinkFd link = TcxLinkFd.open(pin)) {
        link.swap(drop);
        link.detach();
        assertEquals(0, link.info().index());
      }
      assertTrue(answers());
    }
  }

  @Test
  void attachesByClsactAndSwaps() throws Exception {
    assertTrue(BpfFacts.read().clsact(), "this test needs clsact");
    TrafficMessage place = TrafficMessage.program(LOOPBACK, TrafficMessage.INGRESS, 99, 1);
    try (NetlinkSocket socket = ns.socket();
        BpfProgramFd pass = BpfProgramFd.load("pass", PASS);
        BpfProgramFd drop = BpfProgramFd.load("drop", DROP)) {
      assertEquals(List.of(), socket.filters(LOOPBACK, TrafficMessage.INGRESS));
      socket.execute(Request.add(TrafficMessage.clsact(LOOPBACK)));
      socket.execute(Request.replace(place.withProgram(drop, "margay/x")));

      assertTrue(socket.qdiscs().stream().anyMatch(q -> q.kind().equals("clsact")));
      String text = ns.exec("tc filter show dev lo ingress");
      assertTrue(text.contains("pref 99") && text.contains("margay/x direct-action"), text);
      assertFalse(answers());

      socket.execute(Request.replace(place.withProgram(pass, "margay/x")));

      assertTrue(answers());
      TrafficMessage found =
          socket.filters(LOOPBACK, TrafficMessage.INGRESS).stream()
              .filter(f -> f.programName().isPresent())
              .findFirst()
              .orElseThrow();
      assertEquals(Optional.of("margay/x"), found.programName());
      assertEquals(OptionalInt.of(pass.info().id()), found.programId());
      assertEquals(List.of(99, 1), List.of(found.priority(), found.handle()));

      socket.execute(Request.delete(found));
      assertEquals("", ns.exec("tc filter show dev lo ingress"));
    }
  }

  @Test
  void namesTheMapsOfAProgram() throws Exception {
    BpfMapFd.Form form = new BpfMapFd.Form(BpfMapFd.BPF_MAP_TYPE_ARRAY, 4, 4, 1);
    try (BpfMapFd map = BpfMapFd.create("state", form)) {
      byte[] code = new byte[32];
      code[0] = 0x18; // r1 = map
      code[1] = 0x11;
      code[4] = (byte) map.fd();
      code[5] = (byte) (map.fd() >> 8);
      System.arraycopy(PASS, 0, code, 16, 16);
      try (BpfProgramFd program = BpfProgramFd.load("uses", code)) {
        assertEquals(Set.of(map.id()), program.info().maps());
      }
    }
  }

  private boolean answers() throws Exception {
    return new ProcessBuilder(
                List.of(
                    "ip netns exec NS ping -q -n -c 1 -W 1 127.0.0.1"
                        .replace("NS", name())
                        .split(" ")))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor()
        == 0;
  }

  private String name() {
    return ns.path().getFileName().toString();
  }

  private static byte[] returning(int result) {
    return new byte[] {
      (byte) 0xb7, 0, 0, 0, (byte) result, 0, 0, 0, (byte) 0x95, 0, 0, 0, 0, 0, 0, 0
    };
  }
}
