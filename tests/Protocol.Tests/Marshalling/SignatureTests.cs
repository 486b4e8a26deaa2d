using System.Text;
using CsCheck;
using XcpBroker.Protocol.Marshalling;

namespace XcpBroker.Protocol.Tests.Marshalling;

[TestFixture]
internal sealed class SignatureTests
{
    private static IEnumerable<string> Valid =>
    [
        "", "y", "ybnqiuxtdsoghv", "ay", "aay", "a(y)", "(y)", "((y)(y))", "a{sv}", "a{ya{oas}}", "(a{s(vv)}ay)", "aaaa{gv}",
        Repeat("a", 32) + "y", Repeat("(", 32) + "y" + Repeat(")", 32), Repeat("a(", 32) + "v" + Repeat(")", 32),
        Repeat("a{s", 32) + "v" + Repeat("}", 32), Repeat("y", 255), Repeat("(y)", 85),
    ];

    private static IEnumerable<string> Invalid =>
    [
        "z", "Y", "r", "e", "m", "*", "?", "@", "&", "^", " ", "\0", "\u00ff",
        "a", "aa", "ya", "()", "(", ")", "(y", "y)", "(()", "a()", "(a)", "{sv}",
        "a{}", "a{s}", "a{sss}", "a{vs}", "a{ays}", "a{(y)s}", "a{sv", "asv}", "a{", "a{s", "({sv})", "(y}", "a{sv)", "a{sa}",
        Repeat("a", 33) + "y", Repeat("(", 33) + "y" + Repeat(")", 33), Repeat("a(", 33) + "v" + Repeat(")", 33),
        Repeat("a{s", 33) + "v" + Repeat("}", 33), Repeat("y", 256),
        Repeat("a(", 16) + Repeat("a", 17) + "y" + Repeat(")", 16),
    ];

    [TestCaseSource(nameof(Valid))]
    public void A_list_of_complete_types_is_valid(string signature) => Assert.That(IsValid(signature), Is.True);

    [TestCaseSource(nameof(Invalid))]
    public void Anything_else_is_invalid(string signature) => Assert.That(IsValid(signature), Is.False);

    [TestCase("y", true)]
    [TestCase("v", true)]
    [TestCase("a{sv}", true)]
    [TestCase("(yy)", true)]
    [TestCase("aaas", true)]
    [TestCase("", false)]
    [TestCase("yy", false)]
    [TestCase("(y)(y)", false)]
    [TestCase("a{sv}y", false)]
    [TestCase("a", false)]
    [TestCase("{sv}", false)]
    public void A_variant_wants_exactly_one_type(string signature, bool expected) =>
        Assert.That(Signature.IsSingleCompleteType(Bytes(signature)), Is.EqualTo(expected));

    [TestCase("ya{sv}(ii)s", 0, 1)]
    [TestCase("ya{sv}(ii)s", 1, 6)]
    [TestCase("ya{sv}(ii)s", 6, 10)]
    [TestCase("ya{sv}(ii)s", 10, 11)]
    [TestCase("ya{sv}(ii)s", 11, -1)]
    [TestCase("ya{sv}(ii)s", 2, 6, Description = "a dict entry, as the element of an array")]
    [TestCase("ya{sv}(ii)s", 5, -1)]
    [TestCase("(y", 0, -1)]
    public void A_type_ends_where_the_next_begins(string signature, int at, int expected) =>
        Assert.That(Signature.SkipType(Bytes(signature), at), Is.EqualTo(expected));

    [Test]
    public void Every_prefix_is_judged_as_the_plain_grammar_judges_it()
    {
        foreach (string signature in Valid)
        {
            for (int cut = 0; cut <= signature.Length; cut++)
            {
                Assert.That(IsValid(signature[..cut]), Is.EqualTo(PlainGrammar.Accepts(signature[..cut])), signature[..cut]);
            }
        }
    }

    [Test]
    public void Random_codes_are_judged_as_the_plain_grammar_judges_them() =>
        Gen.Char["aaaa(((){}}ysvz)"].Array[0, 12].Sample(
            codes => IsValid(new string(codes)) == PlainGrammar.Accepts(new string(codes)), iter: 100_000);

    private static bool IsValid(string signature) => Signature.IsValid(Bytes(signature));

    private static byte[] Bytes(string signature) => Encoding.Latin1.GetBytes(signature);

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));

    /// <summary>The grammar of the specification, written to be read.</summary>
    private static class PlainGrammar
    {
        internal static bool Accepts(string text)
        {
            while (text.Length > 0 && Type(text, 0, 0) is { } rest)
            {
                text = rest;
            }

            return text.Length == 0;
        }

        private static string? Type(string text, int arrays, int structs) => text switch
        {
            ['y' or 'b' or 'n' or 'q' or 'i' or 'u' or 'x' or 't' or 'd' or 's' or 'o' or 'g' or 'h' or 'v', ..] => text[1..],
            ['a', '{', not ('v' or 'a' or '(' or '{') and var key, .. var value] when arrays < 32 && Type(key.ToString(), 0, 0) is "" =>
                Type(value, arrays + 1, structs) is ['}', .. var rest] ? rest : null,
            ['a', .. var element] when arrays < 32 => Type(element, arrays + 1, structs),
            ['(', .. var members] when structs < 32 => Members(members, arrays, structs + 1),
            _ => null,
        };

        private static string? Members(string text, int arrays, int structs)
        {
            string? rest = Type(text, arrays, structs);
            while (rest is not null and not [')', ..])
            {
                rest = Type(rest, arrays, structs);
            }

            return rest?[1..];
        }
    }
}
