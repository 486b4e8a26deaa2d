using System.Xml;
using CsCheck;
using XcpBroker.Protocol.Marshalling;
using Ours = XcpBroker.Config.Xml;

namespace XcpBroker.Config.Tests.Xml;

/// <summary>Our reader of XML against the one of the framework, which is asked only here.</summary>
public sealed class XmlDifferentialTests
{
    private static readonly string[] Pieces =
    [
        "<a>", "</a>", "<b c=\"d\">", "</b>", "<e/>", "<e c='1' f=\"&lt;&#65;&#x41;\"/>", " text ", "&amp;", "&lt;", "&#100;", "&#x1F600;", "&#0;", "&bogus;", "&",
        "<!-- - -->", "<!-- -- -->", "<![CDATA[<&]]>", "]]>", "<?p i?>", "<?xml version=\"1.0\"?>", "<!DOCTYPE a>", "<!DOCTYPE a [ <!ENTITY x \"y>\"> ]>",
        "<", ">", "\"", "=", "\n", "\t", "c=\"", "<a c=\"1\" c=\"2\">", "<a c=\"<\">", "<a\nc\n=\n'\n'\n>", "</a\n>", "< a>", "<a c>", "<a c=d>", "<a c=\"1\"d=\"2\"/>",
        "\u0001", "\u00e4", "\ufffe",
    ];

    private static readonly Gen<string> Document = Gen.OneOf(
        Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]).Array[0, 10].Select(string.Concat),
        Gen.Int[0, Pieces.Length - 1].Select(index => Pieces[index]).Array[0, 6].Select(pieces => $"<a>{string.Concat(pieces)}</a>"));

    [Test]
    public void Both_accept_and_refuse_the_same_documents_and_read_the_same() => Document.Sample(document =>
    {
        byte[] bytes = StrictUtf8.Instance.GetBytes(document);
        string? expected = Theirs(document);
        string? read = Ours.XmlReader.TryRead(bytes, out Ours.XmlElement? root, out _) ? Print(root) : null;
        return read == expected ? true : throw new InvalidOperationException($"{document}\nours: {read}\ntheirs: {expected}");
    }, iter: 50_000);

    private static string? Theirs(string document)
    {
        try
        {
            XmlDocument read = new() { PreserveWhitespace = true };
            XmlReaderSettings settings = new() { DtdProcessing = DtdProcessing.Parse, XmlResolver = null }; // ignoring takes two of them
            using XmlReader reader = XmlReader.Create(new StringReader(document), settings);
            read.Load(reader);
            return Print(read.DocumentElement!);
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static string Print(Ours.XmlElement element) =>
        $"<{element.Name}{string.Concat(element.Attributes.Select(attribute => $" {attribute.Name}={attribute.Value}"))}>"
        + $"{string.Concat(element.Children.Select(Print))}{element.Text}</>";

    private static string Print(XmlElement element)
    {
        string attributes = string.Concat(element.Attributes.Cast<XmlAttribute>().Select(attribute => $" {attribute.Name}={attribute.Value}"));
        string text = string.Concat(element.ChildNodes.Cast<XmlNode>().Where(node => node is XmlCharacterData and not XmlComment).Select(node => node.Value));
        return $"<{element.Name}{attributes}>{string.Concat(element.ChildNodes.OfType<XmlElement>().Select(Print))}{text}</>";
    }
}
