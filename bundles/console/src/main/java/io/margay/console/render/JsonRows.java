// SPDX-License-Identifier: Apache-2.0
package io.margay.console.render;

import com.google.gson.stream.JsonWriter;
import io.margay.api.console.Share;
import io.margay.api.net.Ip;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * Records as JSON: an array of objects, one a line. A command that follows something (it flushes
 * while it runs) writes JSON Lines instead: objects without the array around them.
 *
 * <p>Absent values are null, durations seconds, instants and addresses strings.
 */
public final class JsonRows implements Rows {
  private enum Form {
    UNDECIDED,
    ARRAY,
    LINES
  }

  /** So many rows are waited for before an array is begun; bounds what is kept in memory. */
  private static final int SAMPLE = 10_000;

  private final PrintStream out;
  private final List<String> pending = new ArrayList<>();
  private Form form = Form.UNDECIDED;
  private boolean first = true;

  public JsonRows(PrintStream out) {
    this.out = out;
  }

  @Override
  public void add(Record row) {
    pending.add(object(row));
    if (pending.size() >= SAMPLE) {
      write(form == Form.UNDECIDED ? Form.ARRAY : form);
    }
  }

  @Override
  public void flush() {
    write(form == Form.UNDECIDED ? Form.LINES : form);
    out.flush();
  }

  @Override
  public void end(boolean evenEmpty) {
    write(form == Form.UNDECIDED ? Form.ARRAY : form);
    if (form == Form.ARRAY && !first) {
      out.println("\n]");
    } else if (form == Form.ARRAY && evenEmpty) {
      out.println("[]");
    }
    out.flush();
  }

  private void write(Form chosen) {
    form = chosen;
    for (String object : pending) {
      if (form == Form.LINES) {
        out.println(object);
      } else {
        out.print((first ? "[\n" : ",\n") + object);
      }
      first = false;
    }
    pending.clear();
  }

  private static String object(Record row) {
    StringWriter text = new StringWriter();
    try (JsonWriter json = new JsonWriter(text)) {
      write(json, row, true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private static void write(JsonWriter json, Object value, boolean top) throws IOException {
    if (value == null) {
      json.nullValue();
    } else if (value instanceof Optional<?> optional) {
      write(json, optional.orElse(null), false);
    } else if (value instanceof OptionalInt optional) {
      write(json, optional.isPresent() ? optional.getAsInt() : null, false);
    } else if (value instanceof OptionalLong optional) {
      write(json, optional.isPresent() ? optional.getAsLong() : null, false);
    } else if (value instanceof Boolean bool) {
      json.value(bool);
    } else if (value instanceof Number number) {
      json.value(number);
    } else if (value instanceof InetAddress address) {
      json.value(Ip.text(address));
    } else if (value instanceof Duration duration) {
      json.value(seconds(duration));
    } else if (value instanceof Share share) {
      json.value(BigDecimal.valueOf(share.part()).setScale(4, RoundingMode.HALF_UP));
    } else if (value instanceof byte[] bytes) {
      json.value(HexFormat.of().formatHex(bytes));
    } else if (value instanceof Collection<?> collection) {
      json.beginArray();
      for (Object element : collection) {
        write(json, element, false);
      }
      json.endArray();
    } else if (value instanceof Map<?, ?> map) {
      json.beginObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        json.name(Cell.of(entry.getKey()));
        write(json, entry.getValue(), false);
      }
      json.endObject();
    } else if (value instanceof Record row && (top || !hasOwnText(row))) {
      writeObject(json, row);
    } else {
      json.value(value.toString());
    }
  }

  private static void writeObject(JsonWriter json, Record row) throws IOException {
    Columns columns = new Columns(row.getClass());
    List<Object> values = columns.values(row);
    json.beginObject();
    for (int i = 0; i < values.size(); i++) {
      json.name(columns.names().get(i));
      write(json, values.get(i), false);
    }
    json.endObject();
  }

  /** Without an exponent, which BigDecimal prints for whole numbers of a scale below zero. */
  private static BigDecimal seconds(Duration duration) {
    BigDecimal seconds =
        BigDecimal.valueOf(duration.getSeconds())
            .add(BigDecimal.valueOf(duration.getNano(), 9))
            .stripTrailingZeros();
    return seconds.scale() < 0 ? seconds.setScale(0) : seconds;
  }

  /** Whether a record is a value with a text of its own, such as Cidr, and not a structure. */
  private static boolean hasOwnText(Record row) {
    return !row.toString().startsWith(row.getClass().getSimpleName() + "[");
  }
}
