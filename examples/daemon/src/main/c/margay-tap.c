// SPDX-License-Identifier: Apache-2.0
// Carries pods' packets of both families between nodes in UDP. The kernel says where to: a frame's
// destination MAC is 02:50 and the IPv4 address of a node, so that nothing is to be configured.
// usage: margay-tap LINK OWN_IPV4_ADDRESS PORT MTU
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_BYTES = 65536, MAC_PREFIX_BYTES = 2 };

static const unsigned char mac_prefix[MAC_PREFIX_BYTES] = {0x02, 0x50};

static void require(int result, const char *what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
}

// The link is there as long as this process is.
static int open_tap(const char *name, struct in_addr own, int mtu, int control) {
  int tap = open("/dev/net/tun", O_RDWR);
  require(tap, "/dev/net/tun");
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(request.ifr_name, IFNAMSIZ, "%s", name);
  require(ioctl(tap, TUNSETIFF, &request), name);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  memcpy(request.ifr_hwaddr.sa_data, mac_prefix, MAC_PREFIX_BYTES);
  memcpy(request.ifr_hwaddr.sa_data + MAC_PREFIX_BYTES, &own, sizeof own);
  require(ioctl(control, SIOCSIFHWADDR, &request), "MAC address");
  request.ifr_mtu = mtu;
  require(ioctl(control, SIOCSIFMTU, &request), "MTU");
  request.ifr_flags = IFF_UP;
  require(ioctl(control, SIOCSIFFLAGS, &request), "up");
  return tap;
}

// What cannot be sent is lost, as on any link.
static void send_frame(int tap, int udp, in_port_t port) {
  static unsigned char frame[FRAME_BYTES];
  ssize_t length = read(tap, frame, sizeof frame);
  struct ethhdr *header = (struct ethhdr *)frame;
  if (length <= ETH_HLEN || memcmp(header->h_dest, mac_prefix, MAC_PREFIX_BYTES) != 0) {
    return;
  }
  struct sockaddr_in node = {.sin_family = AF_INET, .sin_port = port};
  memcpy(&node.sin_addr, header->h_dest + MAC_PREFIX_BYTES, sizeof node.sin_addr);
  sendto(udp, frame + ETH_HLEN, length - ETH_HLEN, 0, (struct sockaddr *)&node, sizeof node);
}

// Only nodes get through the host rules to this port.
static void receive_packet(int tap, int udp, struct in_addr own) {
  static unsigned char frame[FRAME_BYTES];
  ssize_t length = recv(udp, frame + ETH_HLEN, sizeof frame - ETH_HLEN, 0);
  if (length <= 0) {
    return;
  }
  struct ethhdr *header = (struct ethhdr *)frame;
  memcpy(header->h_dest, mac_prefix, MAC_PREFIX_BYTES);
  memcpy(header->h_dest + MAC_PREFIX_BYTES, &own, sizeof own);
  memset(header->h_source, 0x02, sizeof header->h_source);
  header->h_proto = htons(frame[ETH_HLEN] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP);
  if (write(tap, frame, ETH_HLEN + length) < 0) {
    perror("write");
  }
}

int main(int argc, char **argv) {
  struct sockaddr_in self = {.sin_family = AF_INET};
  if (argc != 5 || inet_pton(AF_INET, argv[2], &self.sin_addr) != 1) {
    fprintf(stderr, "usage: margay-tap LINK OWN_IPV4_ADDRESS PORT MTU\n");
    return 64;
  }
  self.sin_port = htons(atoi(argv[3]));
  int udp = socket(AF_INET, SOCK_DGRAM, 0);
  require(udp, "socket");
  int buffer_bytes = 4 << 20; // Bursts wait here rather than being dropped.
  setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes);
  require(bind(udp, (struct sockaddr *)&self, sizeof self), "bind");
  int tap = open_tap(argv[1], self.sin_addr, atoi(argv[4]), udp);
  struct pollfd ready[] = {{.fd = tap, .events = POLLIN}, {.fd = udp, .events = POLLIN}};
  while (poll(ready, 2, -1) > 0) {
    if (ready[0].revents) {
      send_frame(tap, udp, self.sin_port);
    }
    if (ready[1].revents) {
      receive_packet(tap, udp, self.sin_addr);
    }
  }
  perror("poll");
  return 1;
}
