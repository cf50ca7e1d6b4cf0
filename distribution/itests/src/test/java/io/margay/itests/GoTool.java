// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import java.nio.file.Path;
import java.util.Map;

/** Programs in Go that tests use, built from {@code src/test/go} with Debian's packages only. */
final class GoTool {
  static final Path SOURCES = Path.of("src", "test", "go").toAbsolutePath();

  private static final Map<String, String> OFFLINE =
      Map.of("GO111MODULE", "off", "GOPATH", "/usr/share/gocode", "CGO_ENABLED", "0");

  private GoTool() {}

  /** Blocks for half a minute when the compiler's cache is empty; the executable. */
  static String build(String name) {
    Path executable = Path.of("target", "go", name).toAbsolutePath();
    Path sources = SOURCES.resolve(name);
    Shell.run(OFFLINE, "", "go", "build", "-o", executable.toString(), sources + "/main.go")
        .orFail();
    return executable.toString();
  }
}
