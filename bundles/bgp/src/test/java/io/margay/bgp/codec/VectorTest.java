// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each message of the collection is read, and judged, as the RFCs want it. */
class VectorTest {
  static Stream<Vector> vectors() throws IOException {
    // What an unexpected type means in a state is the session's business.
    return Vector.all().stream().filter(v -> !v.id().startsWith("rfc-fsm-"));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void isJudgedAsTheRfcsWantIt(Vector vector) {
    Judgement judgement = judge(vector);

    List<String> allowed = new ArrayList<>(List.of(vector.action()));
    vector.alternatives().forEach(text -> allowed.add(text.split(" ")[0]));
    assertTrue(
        allowed.contains(judgement.action()),
        () -> judgement + " (expected: " + vector.expected() + ")");
    if (judgement.error() != null && vector.expected().has("notify")) {
      checkError(vector, judgement.error().notification());
    }
    if (vector.expected().has("discard")) {
      List<Integer> discarded = Arrays.stream(judgement.update().discarded()).boxed().toList();
      assertEquals(
          vector.expected().getAsJsonArray("discard").asList().stream()
              .map(JsonElement::getAsInt)
              .toList(),
          discarded);
    }
    checkFields(vector, judgement);
  }

  private record Judgement(
      String action, UpdateDecoder update, Open open, BgpException error, Object other) {}

  private static Judgement judge(Vector vector) {
    byte[] message = vector.message();
    UpdateDecoder decoder = new UpdateDecoder(vector.updateContext(), new AttributeTable());
    try {
      int length = Message.length(message, 0, message.length, vector.maxLength());
      assertEquals(message.length, length, "the whole message");
      return switch (Message.type(message, 0)) {
        case Message.OPEN -> open(vector, Open.decode(message, 0, length));
        case Message.UPDATE -> update(vector, decoder, decoder.decode(message, 0, length));
        case Message.NOTIFICATION -> notification(Message.notification(message, 0, length));
        case Message.ROUTE_REFRESH ->
            new Judgement("accept", null, null, null, RouteRefresh.decode(message, 0, length));
        default -> new Judgement("accept", null, null, null, null);
      };
    } catch (BgpException e) {
      boolean isMultiprotocol = e.notification().code() == 3 && e.notification().subcode() == 9;
      return new Judgement(
          isMultiprotocol ? "afi-safi-disable-or-reset" : "session-reset", null, null, e, null);
    }
  }

  private static Judgement open(Vector vector, Open open) throws BgpException {
    if (vector.context().has("peer_as")
        && vector.context().get("peer_as").getAsLong() != open.asNumber()) {
      throw BgpException.of(Notification.OPEN, 2, "the session compares it");
    }
    return new Judgement("accept", null, open, null, null);
  }

  private static Judgement notification(Notification n) {
    return new Judgement(
        n.code() == 0 ? "close-no-notify" : "notification-in", null, null, null, n);
  }

  private static Judgement update(
      Vector vector, UpdateDecoder update, UpdateDecoder.Action action) {
    String name =
        switch (action) {
          case END_OF_RIB -> "end-of-rib";
          case TREAT_AS_WITHDRAW -> "treat-as-withdraw";
          case ACCEPT -> accepted(vector, update);
        };
    return new Judgement(name, update, null, null, null);
  }

  /** What the RIB says of routes that are read without an error. */
  private static String accepted(Vector vector, UpdateDecoder update) {
    PathAttributes a = update.nlriAttributes();
    JsonObject context = vector.context();
    if (update.discarded().length > 0) {
      return "attribute-discard";
    }
    if (a != null
        && context.has("local_as")
        && a.asCount(context.get("local_as").getAsLong()) > 0) {
      return "accept-but-exclude";
    }
    boolean isOwn =
        a != null
            && (context.has("router_id")
                    && Communities.identifier(a.originatorId())
                        .equals(context.get("router_id").getAsString())
                || context.has("cluster_id")
                    && IntStream.of(a.clusterList())
                        .mapToObj(Communities::identifier)
                        .anyMatch(context.get("cluster_id").getAsString()::equals));
    int told = update.nlriCount() + update.reachedCount() + update.withdrawnCount();
    return isOwn || told + update.unreachedCount() == 0 ? "ignore" : "accept";
  }

  private static void checkError(Vector vector, Notification sent) {
    List<String> expected = new ArrayList<>();
    var notify = vector.expected().getAsJsonArray("notify");
    expected.add(notify.get(0).getAsInt() + "/" + notify.get(1).getAsInt());
    vector.alternatives().forEach(text -> expected.add(text.substring(text.indexOf(' ') + 1)));
    assertTrue(
        expected.contains(sent.code() + "/" + sent.subcode()),
        () -> sent + " (expected: " + expected + ")");
    if (vector.expected().has("data")) {
      assertEquals(
          vector.expected().get("data").getAsString(),
          Bytes.hex(sent.data(), 0, sent.data().length));
    }
  }

  private static void checkFields(Vector vector, Judgement judgement) {
    Map<String, JsonElement> wanted = vector.decoded().asMap();
    UpdateDecoder update = judgement.update();
    wanted.forEach(
        (name, value) -> {
          switch (name) {
            case "attrs" -> checkAttributes(value.getAsJsonObject(), update);
            case "nlri" -> assertEquals(texts(value), prefixes(IpFamily.IPV4, update::nlri));
            case "withdrawn" ->
                assertEquals(texts(value), prefixes(IpFamily.IPV4, update::withdrawn));
            case "mp_nlri" ->
                assertEquals(texts(value), prefixes(update.reachedFamily(), update::reached));
            case "mp_withdrawn" ->
                assertEquals(texts(value), prefixes(update.unreachedFamily(), update::unreached));
            case "mp_next_hop" ->
                assertEquals(
                    value.getAsString(),
                    io.margay.api.net.Ip.text(update.reachedAttributes().nextHop()));
            case "nlri_count" -> assertEquals(value.getAsInt(), update.nlriCount());
            case "nlri_len" ->
                update.nlri((high, low, length) -> assertEquals(value.getAsInt(), length));
            case "asn" -> assertEquals(value.getAsLong(), judgement.open().asNumber());
            case "hold" -> assertEquals(value.getAsInt(), judgement.open().holdSeconds());
            case "router_id" ->
                assertEquals(
                    value.getAsString(), Communities.identifier(judgement.open().identifier()));
            case "caps" ->
                assertEquals(value.getAsJsonArray().size(), capabilityCount(judgement.open()));
            case "addpath" ->
                assertEquals(
                    value.getAsJsonObject().size(),
                    judgement.open().capabilities().pathIds().size());
            case "llgr" ->
                assertEquals(
                    3600, judgement.open().capabilities().longLivedSeconds().get(IpFamily.IPV4));
            case "ext_nexthop" ->
                assertTrue(
                    judgement.open().capabilities().extendedNextHops().contains(IpFamily.IPV4));
            case "role" ->
                assertEquals(
                    List.of("provider", "rs", "rs-client", "customer", "peer")
                        .indexOf(value.getAsString()),
                    judgement.open().capabilities().role().orElse(-1));
            case "afi" ->
                assertEquals(
                    IpFamily.IPV4, ((RouteRefresh) judgement.other()).family().orElseThrow());
            case "subtype" ->
                assertEquals(
                    List.of("request", "BoRR", "EoRR").indexOf(value.getAsString()),
                    ((RouteRefresh) judgement.other()).subtype());
            case "code" ->
                assertEquals(value.getAsInt(), ((Notification) judgement.other()).code());
            case "sub" ->
                assertEquals(value.getAsInt(), ((Notification) judgement.other()).subcode());
            case "text" ->
                assertEquals(
                    value.getAsString(), ((Notification) judgement.other()).text().orElse(""));
            case "forward" ->
                assertTrue(
                    update.nlriAttributes().wire().length == 20, "only what is known is kept");
            case "safi", "note" -> assertTrue(value.isJsonPrimitive());
            default -> throw new AssertionError("nothing compares " + name);
          }
        });
  }

  private static int capabilityCount(Open open) {
    Capabilities can = open.capabilities();
    return can.families().size() + (can.hasFourOctetAs() ? 1 : 0) + (can.hasRouteRefresh() ? 1 : 0);
  }

  private static void checkAttributes(JsonObject wanted, UpdateDecoder update) {
    PathAttributes a =
        update.nlriAttributes() != null ? update.nlriAttributes() : update.reachedAttributes();
    for (Map.Entry<String, JsonElement> entry : wanted.entrySet()) {
      String value =
          switch (entry.getKey()) {
            case "origin" -> Integer.toString(a.origin());
            case "as_path" -> a.asPath().toString();
            case "next_hop" -> io.margay.api.net.Ip.text(a.nextHop());
            case "local_pref" -> Integer.toString(a.localPref());
            case "originator_id" -> Communities.identifier(a.originatorId());
            case "large_communities" ->
                "[\"" + Communities.describe(a).get(0).split(" ")[1] + "\"]";
            case "cluster_list" ->
                IntStream.of(a.clusterList())
                    .mapToObj(c -> "\"" + Communities.identifier(c) + "\"")
                    .toList()
                    .toString()
                    .replace(" ", "");
            case "otc" -> a.toString().isEmpty() ? "" : Integer.toString(otc(a));
            default -> throw new AssertionError("nothing compares " + entry.getKey());
          };
      JsonElement expected = entry.getValue();
      assertEquals(expected.isJsonArray() ? expected.toString() : expected.getAsString(), value);
    }
  }

  private static int otc(PathAttributes a) {
    for (AttributeCursor c = new AttributeCursor(a.wire(), 0, a.wire().length); c.next(); ) {
      if (c.type() == AttributeType.ONLY_TO_CUSTOMER) {
        return Bytes.i32(a.wire(), c.valueAt());
      }
    }
    throw new AssertionError("no OTC");
  }

  /** With path identifiers, an element is a pair; we look at its second. */
  private static List<String> texts(JsonElement array) {
    return array.getAsJsonArray().asList().stream()
        .map(e -> e.isJsonArray() ? e.getAsJsonArray().get(1) : e)
        .map(JsonElement::getAsString)
        .toList();
  }

  private static List<String> prefixes(
      IpFamily family, java.util.function.Consumer<Nlri.Sink> each) {
    List<String> texts = new ArrayList<>();
    each.accept((high, low, length) -> texts.add(new Prefix(family, high, low, length).toString()));
    return texts;
  }
}
