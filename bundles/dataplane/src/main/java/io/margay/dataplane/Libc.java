// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import java.nio.ByteBuffer;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;

/** The C functions for probing. Public only because the class that jnr-ffi generates needs it. */
public interface Libc {
  int socket(int domain, int type, int protocol);

  int setsockopt(int fd, int level, int option, @In ByteBuffer value, int length);

  int bind(int fd, @In ByteBuffer address, int length);

  int connect(int fd, @In ByteBuffer address, int length);

  long send(int fd, @In ByteBuffer bytes, long length, int flags);

  long recv(int fd, @Out ByteBuffer bytes, long length, int flags);

  long sendto(
      int fd, @In ByteBuffer bytes, long length, int flags, @In ByteBuffer to, int toLength);

  long recvfrom(
      int fd,
      @Out ByteBuffer bytes,
      long length,
      int flags,
      @Out ByteBuffer from,
      @In @Out ByteBuffer fromLength);

  int getsockname(int fd, @Out ByteBuffer address, @In @Out ByteBuffer length);

  int getsockopt(
      int fd, int level, int option, @In @Out ByteBuffer value, @In @Out ByteBuffer length);

  int poll(@In @Out ByteBuffer descriptors, long count, int timeoutMillis);

  int close(int fd);
}
