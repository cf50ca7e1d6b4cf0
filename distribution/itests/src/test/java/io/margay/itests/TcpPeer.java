// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * One end of a TCP connection: without an address the one that accepts and sends back what comes,
 * else the one that connects, and does what its standard input says: {@code local}, {@code echo},
 * {@code reset}; and answers each with one line.
 */
final class TcpPeer {
  private static final int PORT = 7001;

  private TcpPeer() {}

  public static void main(String[] addresses) throws IOException {
    if (addresses.length == 0) {
      serve();
    } else {
      obey(new Socket(InetAddress.getByName(addresses[0]), PORT));
    }
  }

  private static void serve() throws IOException {
    try (ServerSocket server = new ServerSocket(PORT)) {
      System.out.println("ready");
      try (Socket socket = server.accept()) {
        socket.getInputStream().transferTo(socket.getOutputStream());
      }
    }
  }

  private static void obey(Socket socket) throws IOException {
    System.out.println("ready");
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String order = orders.readLine(); order != null; order = orders.readLine()) {
      switch (order) {
        case "local" -> System.out.println(socket.getLocalAddress().getHostAddress());
        case "echo" -> {
          socket.getOutputStream().write('x');
          System.out.println((char) socket.getInputStream().read());
        }
        case "reset" -> {
          socket.setSoLinger(true, 0); // Else the socket would stay for a minute.
          socket.close();
          System.out.println("closed");
        }
        default -> throw new IllegalArgumentException(order);
      }
    }
  }
}
