// SPDX-License-Identifier: Apache-2.0
package io.margay.api;

import aQute.bnd.differ.Baseline;
import aQute.bnd.differ.Baseline.Info;
import aQute.bnd.differ.DiffPluginImpl;
import aQute.bnd.osgi.Instructions;
import aQute.bnd.osgi.Jar;
import aQute.bnd.osgi.Processor;
import aQute.bnd.service.diff.Delta;
import aQute.bnd.service.diff.Diff;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compares the exported packages of two jars as semantic versioning wants it. */
final class ApiBaseline {
  private ApiBaseline() {}

  /** Each package whose version does not say what has changed in it: a few lines each. */
  static List<String> mismatches(Path newer, Path older) throws Exception {
    List<String> found = new ArrayList<>();
    try (Processor processor = new Processor();
        Jar now = new Jar(newer.toFile());
        Jar before = new Jar(older.toFile())) {
      Baseline baseline = new Baseline(processor, new DiffPluginImpl());
      for (Info info : baseline.baseline(now, before, new Instructions("*"))) {
        if (info.mismatch) {
          found.add(text(info));
        }
      }
    }
    return found;
  }

  private static String text(Info info) {
    StringBuilder text = new StringBuilder();
    text.append(info.packageName)
        .append(": @Version(\"")
        .append(info.newerVersion)
        .append("\") after ")
        .append(info.olderVersion)
        .append(" (expected: ")
        .append(info.packageDiff.getDelta() == Delta.MAJOR ? "no such change; or " : "")
        .append(info.suggestedVersion)
        .append(")\n");
    changes(info.packageDiff, "  ", text);
    return text.toString();
  }

  private static void changes(Diff diff, String indent, StringBuilder text) {
    for (Diff child : diff.getChildren()) {
      Delta delta = child.getDelta();
      if (delta != Delta.UNCHANGED && delta != Delta.IGNORED) {
        text.append(indent).append(delta).append(' ').append(child.getName()).append('\n');
        changes(child, indent + "  ", text);
      }
    }
  }
}
