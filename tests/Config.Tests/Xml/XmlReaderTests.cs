using System.Text;
using XcpBroker.Config.Xml;

namespace XcpBroker.Config.Tests.Xml;

public sealed class XmlReaderTests
{
    [TestCase("<a>\n  <b>\n</a>", "3:1: </a> ends nothing; expected </b> for line 2")]
    [TestCase("<a>\n<b/>", "2:5: the file ends inside <a> of line 1; expected </a>")]
    [TestCase("</a>", "1:1: </a> ends nothing; nothing is open")]
    [TestCase("<a/><b/>", "1:5: <b> stands after the root element; there can be only one")]
    [TestCase("<a/>x", "1:5: text is not allowed outside of the root element")]
    [TestCase("<a b/>", "1:5: expected =\"...\" after attribute \"b\"")]
    [TestCase("<a b=c/>", "1:6: expected =\"...\" after attribute \"b\"")]
    [TestCase("<a b='c/>", "1:6: the value of attribute \"b\" has no end; expected '")]
    [TestCase("<a b='1' b='2'/>", "1:10: attribute \"b\" stands twice on <a>")]
    [TestCase("<a b='<'/>", "1:6: '<' is not allowed in the value of attribute \"b\"; write '&lt;'")]
    [TestCase("<a !/>", "1:4: expected an attribute, '>' or '/>' in <a>")]
    [TestCase("<a>1 < 2</a>", "1:7: expected the name of an element after '<'; write '&lt;' for the character")]
    [TestCase("<a>\n R&D</a>", "2:3: '&' begins a reference that no ';' ends; write '&amp;' for the character")]
    [TestCase("<a>&nbsp;</a>", "1:4: unknown reference '&nbsp;'; expected &amp; &lt; &gt; &quot; &apos; or a character's number, as &#100;")]
    [TestCase("<a>&#0;</a>", "1:4: unknown reference '&#0;'")]
    [TestCase("<a>&#xD800;</a>", "1:4: unknown reference '&#xD800;'")]
    [TestCase("<a>]]></a>", "1:4: ']]>' is not allowed in text; write ']]&gt;'")]
    [TestCase("<a><!-- x", "1:4: the comment has no end; expected '-->'")]
    [TestCase("<a><!-- -- --></a>", "1:11: '--' is not allowed inside a comment; expected '-->'")]
    [TestCase("<a><![CDATA[x</a>", "1:4: the CDATA section has no end; expected ']]>'")]
    [TestCase("<a><?p x</a>", "1:4: the processing instruction has no end; expected '?>'")]
    [TestCase("<!DOCTYPE a [", "1:1: the document type has no end; expected '>'")]
    [TestCase("<a/><!DOCTYPE a>", "1:5: a document type may only stand once, before the root element")]
    [TestCase(" <?xml version='1.0'?><a/>", "1:2: the XML declaration may only stand at the very beginning")]
    [TestCase("<a>\n\u0001</a>", "2:1: the character U+0001 is not allowed")]
    [TestCase("<a>\n \u00ff</a>", "2:2: this is not UTF-8")]
    public void What_is_not_well_formed_is_refused_with_its_place_and_what_was_expected(string text, string expected)
    {
        Assert.That(XmlReader.TryRead(Encoding.Latin1.GetBytes(text), out _, out XmlProblem? problem), Is.False);
        Assert.That($"{problem!.Position.Line}:{problem.Position.Column}: {problem.Message}", Does.StartWith(expected));
    }

    // Nothing of a document type is read: no file, no entity, so neither secrets nor memory can be had by it.
    [TestCase("<!DOCTYPE a SYSTEM \"/etc/passwd\"><a>x</a>", "x")]
    [TestCase("<!DOCTYPE a PUBLIC '-//>' \"http://x/>\" [ <!-- ]> --> <?p ]> ?> <!ENTITY e \"]>\"> ]><a>x</a>", "x")]
    [TestCase("<a>x<!-- y -->z<?p q?><![CDATA[&<]]></a>", "xz&<")]
    [TestCase("<a>&#120;&#x79;&apos;</a>", "xy'")]
    [TestCase("\u00ef\u00bb\u00bf<a>x\r\ny\rz</a>", "x\ny\nz")]
    public void The_text_of_an_element(string text, string expected)
    {
        Assert.That(XmlReader.TryRead(Encoding.Latin1.GetBytes(text), out XmlElement? root, out XmlProblem? problem), Is.True, problem?.Message);
        Assert.That(root!.Text, Is.EqualTo(expected));
    }

    [Test]
    public void An_entity_of_the_document_type_is_unknown()
    {
        byte[] text = Encoding.ASCII.GetBytes("<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>");

        Assert.That(XmlReader.TryRead(text, out _, out XmlProblem? problem), Is.False);
        Assert.That(problem!.Message, Does.StartWith("unknown reference '&e;'"));
    }

    [Test]
    public void A_million_nested_elements_are_no_danger()
    {
        byte[] text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("<a>", 1_000_000)));

        Assert.That(XmlReader.TryRead(text, out _, out XmlProblem? problem), Is.False);
        Assert.That(problem!.Message, Does.StartWith("the file ends inside <a>"));
    }
}
