// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs inside a pod: sends numbered packets to each address of another pod, 1,000 a second, and
 * notes which of those it is sent arrive. Does what its standard input says: {@code go}, {@code
 * received}, {@code stop}, {@code missing N}; and answers each with one line.
 */
final class PacketPeer {
  private static final int PORT = 7000;
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final DatagramSocket socket = new DatagramSocket(PORT);
  private final Map<InetAddress, BitSet> arrived = new LinkedHashMap<>(); // guarded by this
  private long lastArrivalNanos; // guarded by this
  private volatile boolean stopped;
  private int sent;

  private PacketPeer(List<InetAddress> others) throws IOException {
    others.forEach(other -> arrived.put(other, new BitSet()));
    socket.setReceiveBufferSize(1 << 20);
  }

  public static void main(String[] addresses) throws IOException, InterruptedException {
    List<InetAddress> others = new ArrayList<>();
    for (String address : addresses) {
      others.add(InetAddress.getByName(address));
    }
    PacketPeer peer = new PacketPeer(others);
    Thread receiver = new Thread(peer::receive);
    receiver.setDaemon(true);
    receiver.start();
    peer.obey();
  }

  private void obey() throws IOException, InterruptedException {
    Thread sender = new Thread(this::send);
    sender.setDaemon(true);
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    System.out.println("ready");
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      String[] words = order.split(" ");
      switch (words[0]) {
        case "go" -> {
          sender.start();
          System.out.println("sending");
        }
        case "received" -> System.out.println(received());
        case "stop" -> {
          stopped = true;
          sender.join();
          System.out.println(sent);
        }
        case "missing" -> System.out.println(missing(Integer.parseInt(words[1])));
        default -> throw new IllegalArgumentException(order);
      }
    }
  }

  /** Keeps its pace on average: what a busy machine held up follows at once. */
  private void send() {
    long begin = System.nanoTime();
    while (!stopped) {
      ByteBuffer number = ByteBuffer.allocate(Integer.BYTES).putInt(sent);
      for (InetAddress other : arrived.keySet()) {
        try {
          socket.send(new DatagramPacket(number.array(), Integer.BYTES, other, PORT));
        } catch (IOException e) {
          // Such as "network unreachable": the packet is lost, and the other side misses it.
          System.err.println(other + ": " + e);
        }
      }
      sent++;
      long next = begin + sent * INTERVAL_NANOS;
      while (System.nanoTime() < next) {
        LockSupport.parkNanos(next - System.nanoTime());
      }
    }
  }

  private void receive() {
    DatagramPacket packet = new DatagramPacket(new byte[Integer.BYTES], Integer.BYTES);
    while (true) {
      try {
        socket.receive(packet);
        arrived(packet.getAddress(), ByteBuffer.wrap(packet.getData()).getInt());
      } catch (IOException e) {
        System.err.println("receive: " + e);
      }
    }
  }

  private synchronized void arrived(InetAddress from, int number) {
    arrived.get(from).set(number);
    lastArrivalNanos = System.nanoTime();
  }

  /** The fewest of any address. */
  private synchronized int received() {
    return arrived.values().stream().mapToInt(BitSet::cardinality).min().orElseThrow();
  }

  /**
   * Numbers that did not arrive of those that the other side has sent; waits while packets come.
   */
  private Map<InetAddress, BitSet> missing(int count) throws IOException, InterruptedException {
    while (received() < count && System.nanoTime() < silentAtNanos()) {
      Thread.sleep(10);
    }
    Map<InetAddress, BitSet> missing = new LinkedHashMap<>();
    synchronized (this) {
      arrived.forEach(
          (from, numbers) -> {
            BitSet all = new BitSet();
            all.set(0, count);
            all.andNot(numbers);
            missing.put(from, all);
          });
    }
    missing.values().removeIf(BitSet::isEmpty);
    int overflow = overflow();
    int lost = missing.values().stream().mapToInt(BitSet::cardinality).sum();
    return lost <= overflow ? Map.of() : missing;
  }

  private synchronized long silentAtNanos() {
    return lastArrivalNanos + SILENCE_NANOS;
  }

  /** Packets that arrived and found the socket full, because this process did not run. */
  private static int overflow() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/thread-self/net/snmp"));
    List<String> udp = lines.stream().filter(line -> line.startsWith("Udp:")).toList();
    int column = List.of(udp.get(0).split(" ")).indexOf("RcvbufErrors");
    int ipv6 =
        Files.readAllLines(Path.of("/proc/thread-self/net/snmp6")).stream()
            .filter(line -> line.startsWith("Udp6RcvbufErrors"))
            .mapToInt(line -> Integer.parseInt(line.split("\\s+")[1]))
            .sum();
    return Integer.parseInt(udp.get(1).split(" ")[column]) + ipv6;
  }
}
