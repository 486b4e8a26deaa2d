using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace XcpBroker.Config.Xml;

/// <summary>Reads a document into elements: no validation, no document type, no entities, no names of other files.</summary>
/// <remarks>
/// Not System.Xml: in a binary without resource texts its errors are keys, and an error has to say what was expected. What a file must
/// not refer to cannot even be asked for here. Source: XML 1.0, fifth edition. Nesting is kept on a stack, so its depth is no danger.
/// </remarks>
internal sealed class XmlReader
{
    private readonly XmlCursor _cursor;
    private readonly Stack<(XmlElement Element, StringBuilder Text)> _open = new();
    private XmlElement? _root;
    private bool _hasDocumentType;
    private XmlProblem? _problem;

    private XmlReader(string text) => _cursor = new XmlCursor(text);

    internal static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out XmlElement? root, [NotNullWhen(false)] out XmlProblem? problem)
    {
        root = null;
        if (!XmlText.TryDecode(bytes, out string? text, out problem))
        {
            return false;
        }

        XmlReader reader = new(text);
        reader.ReadAll();
        problem = reader._problem;
        root = problem is null ? reader._root! : null;
        return problem is null;
    }

    private void ReadAll()
    {
        if (_cursor.StartsWith("<?xml") && _cursor.Rest.Length > 5 && char.IsWhiteSpace(_cursor.Rest[5]) && _cursor.ReadUntil("?>") is null)
        {
            Fail(_cursor.Position, "the XML declaration has no end; expected '?>'");
        }

        while (_problem is null && !_cursor.AtEnd)
        {
            if (_cursor.Current == '<')
            {
                ReadMarkup();
            }
            else
            {
                ReadText();
            }
        }

        if (_problem is null && _open.TryPeek(out (XmlElement Element, StringBuilder Text) open))
        {
            Fail(_cursor.Position, $"the file ends inside <{open.Element.Name}> of line {open.Element.Position.Line}; expected </{open.Element.Name}>");
        }
        else if (_problem is null && _root is null)
        {
            Fail(_cursor.Position, "there is no element; expected <busconfig>");
        }
    }

    private void ReadMarkup()
    {
        XmlPosition start = _cursor.Position;
        if (_cursor.TrySkip("<!--"))
        {
            ReadComment(start);
        }
        else if (_cursor.TrySkip("<![CDATA["))
        {
            ReadCharacterData(start);
        }
        else if (_cursor.TrySkip("<?"))
        {
            ReadInstruction(start);
        }
        else if (_cursor.TrySkip("<!DOCTYPE"))
        {
            ReadDocumentType(start);
        }
        else if (_cursor.TrySkip("</"))
        {
            ReadEndTag(start);
        }
        else
        {
            _cursor.Skip(1);
            ReadStartTag(start);
        }
    }

    private void ReadComment(XmlPosition start)
    {
        if (_cursor.ReadUntil("--") is null)
        {
            Fail(start, "the comment has no end; expected '-->'");
        }
        else if (!_cursor.TrySkip(">"))
        {
            Fail(_cursor.Position, "'--' is not allowed inside a comment; expected '-->'");
        }
    }

    private void ReadCharacterData(XmlPosition start)
    {
        if (!_open.TryPeek(out (XmlElement Element, StringBuilder Text) open))
        {
            Fail(start, "text is not allowed outside of the root element");
        }
        else if (_cursor.ReadUntil("]]>") is { } data)
        {
            open.Text.Append(data);
        }
        else
        {
            Fail(start, "the CDATA section has no end; expected ']]>'");
        }
    }

    private void ReadInstruction(XmlPosition start)
    {
        string target = _cursor.ReadName();
        if (target.Length == 0 || target.Equals("xml", StringComparison.OrdinalIgnoreCase))
        {
            Fail(start, target.Length == 0 ? "expected a name after '<?'" : "the XML declaration may only stand at the very beginning");
        }
        else if (!_cursor.StartsWith("?>") && !_cursor.SkipBlanks())
        {
            Fail(_cursor.Position, $"expected '?>' after <?{target}");
        }
        else if (_cursor.ReadUntil("?>") is null)
        {
            Fail(start, "the processing instruction has no end; expected '?>'");
        }
    }

    /// <summary>Passes over it: whatever it declares or refers to is not read.</summary>
    private void ReadDocumentType(XmlPosition start)
    {
        if (_root is not null || _hasDocumentType)
        {
            Fail(start, "a document type may only stand once, before the root element");
            return;
        }

        _hasDocumentType = true;
        bool inSubset = false;
        while (!_cursor.AtEnd)
        {
            char current = _cursor.Current;
            if (inSubset && (_cursor.StartsWith("<!--") || _cursor.StartsWith("<?")))
            {
                string end = _cursor.StartsWith("<?") ? "?>" : "-->";
                _cursor.Skip(end == "?>" ? 2 : 4);
                if (_cursor.ReadUntil(end) is null)
                {
                    break;
                }

                continue;
            }

            _cursor.Skip(1);
            if (current is '"' or '\'')
            {
                if (_cursor.ReadUntil(current.ToString()) is null)
                {
                    break;
                }
            }
            else if (current is '[' or ']')
            {
                inSubset = current == '[';
            }
            else if (current == '>' && !inSubset)
            {
                return;
            }
        }

        Fail(start, "the document type has no end; expected '>'");
    }

    private void ReadStartTag(XmlPosition start)
    {
        string name = _cursor.ReadName();
        if (name.Length == 0)
        {
            Fail(_cursor.Position, "expected the name of an element after '<'; write '&lt;' for the character");
            return;
        }

        if (_root is not null && _open.Count == 0)
        {
            Fail(start, $"<{name}> stands after the root element; there can be only one");
            return;
        }

        if (!TryReadAttributes(name, out List<XmlAttribute> attributes))
        {
            return;
        }

        XmlElement element = new(name, attributes, start);
        _root ??= element;
        if (_open.TryPeek(out (XmlElement Element, StringBuilder Text) parent))
        {
            parent.Element.Children.Add(element);
        }

        if (_cursor.TrySkip("/>"))
        {
            return;
        }

        if (!_cursor.TrySkip(">"))
        {
            Fail(_cursor.Position, $"expected an attribute, '>' or '/>' in <{name}>");
            return;
        }

        _open.Push((element, new StringBuilder()));
    }

    private bool TryReadAttributes(string element, out List<XmlAttribute> attributes)
    {
        attributes = [];
        while (_cursor.SkipBlanks() && !_cursor.AtEnd && _cursor.Current is not ('>' or '/'))
        {
            XmlPosition start = _cursor.Position;
            string name = _cursor.ReadName();
            if (name.Length == 0)
            {
                return Fail(start, $"expected an attribute, '>' or '/>' in <{element}>");
            }

            if (attributes.Exists(other => other.Name == name))
            {
                return Fail(start, $"attribute \"{name}\" stands twice on <{element}>");
            }

            if (!TryReadValue(name, out string? value))
            {
                return false;
            }

            attributes.Add(new XmlAttribute(name, value, start));
        }

        return true;
    }

    private bool TryReadValue(string name, [NotNullWhen(true)] out string? value)
    {
        value = null;
        _cursor.SkipBlanks();
        bool hasEquals = _cursor.TrySkip("=");
        _cursor.SkipBlanks();
        XmlPosition start = _cursor.Position;
        if (!hasEquals || _cursor.AtEnd || _cursor.Current is not ('"' or '\''))
        {
            return Fail(start, $"expected =\"...\" after attribute \"{name}\"");
        }

        string quote = _cursor.Current.ToString();
        _cursor.Skip(1);
        if (_cursor.ReadUntil(quote) is not { } written)
        {
            return Fail(start, $"the value of attribute \"{name}\" has no end; expected {quote}");
        }

        if (written.Contains('<'))
        {
            return Fail(start, $"'<' is not allowed in the value of attribute \"{name}\"; write '&lt;'");
        }

        return XmlReferences.TryResolve(written.Replace('\n', ' ').Replace('\t', ' '), out value, out string? error, out _) || Fail(start, error);
    }

    private void ReadEndTag(XmlPosition start)
    {
        string name = _cursor.ReadName();
        _cursor.SkipBlanks();
        if (!_open.TryPop(out (XmlElement Element, StringBuilder Text) open) || open.Element.Name != name)
        {
            string expected = open.Element is null ? "nothing is open" : $"expected </{open.Element.Name}> for line {open.Element.Position.Line}";
            Fail(start, $"</{name}> ends nothing; {expected}");
        }
        else if (!_cursor.TrySkip(">"))
        {
            Fail(_cursor.Position, $"expected '>' after </{name}");
        }
        else
        {
            open.Element.Text = open.Text.ToString();
        }
    }

    private void ReadText()
    {
        XmlPosition start = _cursor.Position;
        int length = _cursor.Rest.IndexOf('<');
        string written = (length < 0 ? _cursor.Rest : _cursor.Rest[..length]).ToString();
        if (!_open.TryPeek(out (XmlElement Element, StringBuilder Text) open))
        {
            _cursor.SkipBlanks();
            if (!_cursor.AtEnd && _cursor.Current != '<')
            {
                Fail(_cursor.Position, "text is not allowed outside of the root element");
            }
        }
        else if (written.Contains("]]>", StringComparison.Ordinal))
        {
            Fail(start, "']]>' is not allowed in text; write ']]&gt;'");
        }
        else if (XmlReferences.TryResolve(written, out string? text, out string? error, out int wrongAt))
        {
            open.Text.Append(text);
            _cursor.Skip(written.Length);
        }
        else
        {
            _cursor.Skip(wrongAt);
            Fail(_cursor.Position, error);
        }
    }

    private bool Fail(XmlPosition position, string message)
    {
        _problem ??= new XmlProblem(position, message);
        return false;
    }
}
