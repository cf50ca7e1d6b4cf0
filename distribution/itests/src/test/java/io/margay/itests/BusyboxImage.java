// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An image with nothing but busybox, made here: no test fetches anything. */
final class BusyboxImage {
  static final String NAME = "margay.test/busybox:1";

  private static final String BUSYBOX = "/bin/busybox";

  private BusyboxImage() {}

  /**
   * Writes the image in the format of {@code docker save}.
   *
   * @param directory that exists, for the file and what it is made of
   */
  static Path writeTo(Path directory) throws IOException {
    Path root = Files.createDirectories(directory.resolve("layer/bin")).getParent();
    Files.copy(Path.of(BUSYBOX), root.resolve("bin/busybox"));
    for (String applet : new String[] {"sh", "sleep", "ping", "wget", "nc"}) {
      Files.createSymbolicLink(root.resolve("bin").resolve(applet), Path.of("busybox"));
    }
    String layer = directory.resolve("layer.tar").toString();
    Shell.run("tar", "-cf", layer, "-C", root.toString(), "bin").orFail();
    String sha256 = Shell.run("sha256sum", layer).orFail().split(" ")[0];
    Files.writeString(
        directory.resolve("config.json"),
        """
        {"architecture":"%s","os":"linux",
         "config":{"Entrypoint":["/bin/sleep"],"Cmd":["1000000"],"Env":["PATH=/bin"]},
         "rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}
        """
            .formatted(architecture(), sha256));
    Files.writeString(
        directory.resolve("manifest.json"),
        """
        [{"Config":"config.json","RepoTags":["%s"],"Layers":["layer.tar"]}]
        """
            .formatted(NAME));
    Path image = directory.resolve("image.tar");
    String[] files = {"manifest.json", "config.json", "layer.tar"};
    Shell.run(
            "tar",
            "-cf",
            image.toString(),
            "-C",
            directory.toString(),
            files[0],
            files[1],
            files[2])
        .orFail();
    return image;
  }

  /** As images name it. */
  private static String architecture() {
    return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
  }
}
