// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The findings as JSON. */
final class JsonReport {
  private JsonReport() {}

  static void write(Path file, String plugin, List<Finding> findings) throws IOException {
    JsonObject report = new JsonObject();
    report.addProperty("plugin", plugin);
    JsonArray array = new JsonArray();
    for (Finding finding : findings) {
      JsonObject json = new JsonObject();
      json.addProperty("clause", finding.check().clause());
      json.addProperty("level", finding.check().level().toString());
      json.addProperty("what", finding.check().what());
      json.addProperty("version", finding.version().toString());
      json.addProperty("result", finding.result().name().toLowerCase(Locale.ROOT));
      json.addProperty("observed", finding.observed());
      json.addProperty("millis", finding.millis());
      array.add(json);
    }
    report.add("findings", array);
    Files.writeString(
        file,
        new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(report) + "\n");
  }
}
