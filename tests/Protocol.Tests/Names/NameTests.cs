using System.Text;
using CsCheck;
using XcpBroker.Protocol.Names;

namespace XcpBroker.Protocol.Tests.Names;

[TestFixture]
internal sealed class NameTests
{
    private static readonly string A255 = "a." + new string('b', 253);
    private static readonly string A256 = "a." + new string('b', 254);

    private static IEnumerable<string> WellKnown => ["a.b", "org.freedesktop.DBus", "_._", "-.-", "a-.b", "a.b0", "a_1.b_2.c_3", A255];

    private static IEnumerable<string> NotWellKnown =>
        ["", ".", "a", "a.", ".a", "a..b", "a.b.", "0.a", "a.0b", "a b.c", "a.b/c", "é.b", "a.b\0", "a:.b", ":1.2", A256];

    private static IEnumerable<string> Unique => [":1.2", ":1.0", ":a.b", ":1.2.3", ":-.-", ":0a.9", ":1.18446744073709551615"];

    private static IEnumerable<string> NotUnique =>
        ["", ":", ":1", ":1.", ":.1", ":1..2", "::1.2", ":1.2:3", "1.2", ":1.2 ", ":1." + new string('1', 253)];

    private static IEnumerable<string> Interfaces => ["a.b", "_._", "org.freedesktop.DBus.Properties", "a1.b2", A255];

    private static IEnumerable<string> NotInterfaces => ["", "a", "a.", ".a", "a..b", "a-b.c", "a.1", "1.a", "a.b-", ":1.a", "a.b c", A256];

    private static IEnumerable<string> Members => ["a", "A", "_", "_0", "Get_All2", new('m', 255)];

    private static IEnumerable<string> NotMembers => ["", "0a", "a.b", "a-b", "a b", "é", "a\0", new('m', 256)];

    private static IEnumerable<string> Paths => ["/", "/a", "/0", "/_", "/a/b", "/org/freedesktop/DBus"];

    private static IEnumerable<string> NotPaths => ["", "a", "//", "/a/", "/a//b", "/a-b", "/a.b", "/a b", "/é", "/a\0", "/\0", " /"];

    [TestCaseSource(nameof(WellKnown))]
    public void A_well_known_name(string name)
    {
        Assert.That(BusName.IsValidWellKnown(name), Is.True);
        Assert.That(BusName.IsValid(name), Is.True);
        Assert.That(BusName.IsUnique(name), Is.False);
    }

    [TestCaseSource(nameof(NotWellKnown))]
    public void Not_a_well_known_name(string name) => Assert.That(BusName.IsValidWellKnown(name), Is.False);

    [TestCaseSource(nameof(Unique))]
    public void A_unique_name(string name)
    {
        Assert.That(BusName.IsValidUnique(name), Is.True);
        Assert.That(BusName.IsValid(name), Is.True);
        Assert.That(BusName.IsUnique(name), Is.True);
    }

    [TestCaseSource(nameof(NotUnique))]
    public void Not_a_unique_name(string name) => Assert.That(BusName.IsValidUnique(name), Is.False);

    [TestCase("a", true)]
    [TestCase("org", true)]
    [TestCase("org.example", true)]
    [TestCase("", false)]
    [TestCase("org.", false)]
    [TestCase("0rg", false)]
    [TestCase(":1", true)]
    [TestCase(":", false)]
    [TestCase(":1.", false)]
    public void A_namespace_may_have_one_element(string name, bool expected) =>
        Assert.That(BusName.IsValidNamespace(Encoding.ASCII.GetBytes(name)), Is.EqualTo(expected));

    [TestCaseSource(nameof(Interfaces))]
    public void An_interface_or_error_name(string name)
    {
        Assert.That(MemberNames.IsValidInterface(name), Is.True);
        Assert.That(MemberNames.IsValidErrorName(name), Is.True);
    }

    [TestCaseSource(nameof(NotInterfaces))]
    public void Not_an_interface(string name) => Assert.That(MemberNames.IsValidInterface(name), Is.False);

    [TestCaseSource(nameof(Members))]
    public void A_member(string name) => Assert.That(MemberNames.IsValidMember(name), Is.True);

    [TestCaseSource(nameof(NotMembers))]
    public void Not_a_member(string name) => Assert.That(MemberNames.IsValidMember(name), Is.False);

    [TestCaseSource(nameof(Paths))]
    public void An_object_path(string path) => Assert.That(ObjectPath.IsValid(path), Is.True);

    [Test]
    public void An_object_path_may_be_of_any_length() => Assert.That(ObjectPath.IsValid("/" + new string('a', 100_000)), Is.True);

    [TestCaseSource(nameof(NotPaths))]
    public void Not_an_object_path(string path) => Assert.That(ObjectPath.IsValid(path), Is.False);

    [TestCase("/a/b", "/a/b", true)]
    [TestCase("/a/b", "/a", true)]
    [TestCase("/a/b", "/", true)]
    [TestCase("/", "/", true)]
    [TestCase("/ab", "/a", false)]
    [TestCase("/a", "/a/b", false)]
    [TestCase("/", "/a", false)]
    public void A_path_is_in_its_own_namespace_and_those_above(string path, string root, bool expected) =>
        Assert.That(ObjectPath.IsInNamespace(Encoding.ASCII.GetBytes(path), Encoding.ASCII.GetBytes(root)), Is.EqualTo(expected));

    [Test]
    public void Every_byte_at_every_place_is_judged_alike_in_short_and_long_names(
        [Values(1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 18, 31, 32, 33, 40)] int length)
    {
        List<string> misjudged = [];
        for (int at = 0; at < length; at++)
        {
            for (int value = 0; value < 256; value++)
            {
                byte[] element = Encoding.ASCII.GetBytes(new string('x', length));
                element[at] = (byte)value;
                char c = (char)value;
                bool isWord = char.IsAsciiLetterOrDigit(c) || c == '_';
                bool isInside = at > 0 && at < length - 1;
                bool asMember = isWord && (at > 0 || !char.IsAsciiDigit(c));
                if (MemberNames.IsValidMember(element) != asMember
                    || MemberNames.IsValidInterface([.. element, .. ".x"u8]) != (asMember || (c == '.' && isInside))
                    || BusName.IsValidUnique([.. ":1."u8, .. element]) != (isWord || c == '-' || (c == '.' && isInside))
                    || ObjectPath.IsValid([.. "/"u8, .. element]) != (isWord || (c == '/' && isInside)))
                {
                    misjudged.Add($"{value:x2} at {at}");
                }
            }
        }

        Assert.That(misjudged, Is.Empty);
    }

    [Test]
    public void A_text_is_judged_as_its_bytes_are() =>
        Gen.Char["ab:.-_/019é"].Array[0, 10].Sample(characters =>
        {
            string text = new(characters);
            byte[] bytes = Encoding.Latin1.GetBytes(text);
            return BusName.IsValid(text) == BusName.IsValid(bytes)
                && MemberNames.IsValidInterface(text) == MemberNames.IsValidInterface(bytes)
                && MemberNames.IsValidMember(text) == MemberNames.IsValidMember(bytes)
                && ObjectPath.IsValid(text) == ObjectPath.IsValid(bytes);
        });
}
