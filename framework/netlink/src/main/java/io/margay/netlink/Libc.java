// SPDX-License-Identifier: Apache-2.0
package io.margay.netlink;

import java.nio.ByteBuffer;
import jnr.ffi.Pointer;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.annotations.Transient;

/**
 * The C functions this library calls. Public only because the class that jnr-ffi generates needs
 * it.
 */
public interface Libc {
  int socket(int domain, int type, int protocol);

  int bind(int fd, @In ByteBuffer address, int length);

  int getsockname(int fd, @Out ByteBuffer address, @In @Out ByteBuffer length);

  int setsockopt(int fd, int level, int option, @In ByteBuffer value, int length);

  long send(int fd, @In @Transient ByteBuffer bytes, long length, int flags);

  long recv(int fd, @Out @Transient ByteBuffer bytes, long length, int flags);

  int poll(@In @Out ByteBuffer descriptors, long count, int timeoutMillis);

  int eventfd(int initial, int flags);

  long write(int fd, @In ByteBuffer bytes, long length);

  int open(String path, int flags);

  int close(int fd);

  int setns(int fd, int type);

  int unshare(int flags);

  int ioctl(int fd, long request);

  int ioctl(int fd, long request, @In @Out Pointer argument);

  long syscall(long number, long first, @In Pointer second, long third);

  int statfs(String path, @Out Pointer result);

  int mount(String source, String target, String type, long flags, String options);

  int umount2(String target, int flags);
}
