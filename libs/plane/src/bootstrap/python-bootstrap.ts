/**
 * Runs the user's script as `python3 Script.py` would, with the helper functions of calamari.md 1b (Python) as its
 * globals. Python 3.4 reads it, and it needs nothing but the standard library.
 *
 * Deliberate deviations: no module is installed (nothing is encrypted on its way here), `updateprogress` takes no message,
 * and an artifact that is not there yet is a note and no traceback.
 */
export const PYTHON_BOOTSTRAP = String.raw`
import sys
sys.path.pop(0)  # what lies beside the script must not stand in for what is needed here
import base64, json, os, traceback, types


def _octo_read(argv):
    with open(argv[1], 'r+', encoding='utf-8') as file:
        known = json.load(file)
        file.seek(0)
        file.truncate()
    words = b''
    while True:
        piece = os.read(3, 65536)
        if not piece:
            break
        words += piece
    os.close(3)
    return known, [os.fsdecode(word) for word in words.split(b'\0')[:-1]]


def _octo_helpers(octopusvariables):
    def encode(value):
        return base64.b64encode(str(value).encode('utf-8', 'surrogateescape')).decode('ascii')

    def decode(value):
        return base64.b64decode(value).decode('utf-8')

    def _say(name, *pairs):
        print('##octopus[' + name + ''.join(" %s='%s'" % (key, encode(value)) for key, value in pairs) + ']', flush=True)

    def _in_mode(mode, message):
        print('##octopus[stdout-%s]\n%s\n##octopus[stdout-default]' % (mode, message), flush=True)

    def get_octopusvariable(key):
        return octopusvariables.get(key, '')

    def set_octopusvariable(name, value, sensitive=False):
        octopusvariables[name] = value
        pairs = [('name', name), ('value', value)]
        _say('setVariable', *(pairs + [('sensitive', 'True')] if sensitive else pairs))

    def createartifact(path, fileName=None):
        full = os.path.abspath(path)
        if not os.path.isfile(full):
            printverbose('There is no file ' + full + ' yet; it is collected after the step')
        length = os.path.getsize(full) if os.path.isfile(full) else 0
        print('Collecting %s as an artifact...' % (fileName or os.path.basename(full)), flush=True)
        _say('createArtifact', ('path', full), ('name', fileName or os.path.basename(full)), ('length', length))

    def updateprogress(progress, message=None):
        _say('progress', ('percentage', progress), ('message', '' if message is None else message))

    def failstep(message=None):
        if message is not None:
            _say('resultMessage', ('message', message))
        sys.exit(-1)

    def printverbose(message):
        _in_mode('verbose', message)

    def printhighlight(message):
        _in_mode('highlight', message)

    def printwait(message):
        _in_mode('wait', message)

    def printwarning(message):
        _in_mode('warning', message)

    return dict((name, it) for name, it in locals().items() if not name.startswith('_'))


def _octo_run(script, words, helpers):
    main = types.ModuleType('__main__')
    main.__dict__.update(helpers)
    main.__dict__.update({'__file__': script, '__builtins__': __builtins__})
    sys.modules['__main__'] = main
    sys.argv = [script] + words
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    if sys.path[0] != os.getcwd():
        sys.path.insert(1, os.getcwd())
    try:
        with open(script, 'rb') as file:
            code = compile(file.read(), script, 'exec', dont_inherit=True)
        exec(code, main.__dict__)
    except Exception:
        kind, error, trace = sys.exc_info()
        traceback.print_exception(kind, error, trace.tb_next)
        sys.exit(1)


_octo_known, _octo_words = _octo_read(sys.argv)
_octo_functions = _octo_helpers(_octo_known)
if _octo_known.get('Octopus.Action.Script.SuppressEnvironmentLogging', '').lower() != 'true':
    _octo_functions['printverbose']('Python %s, folder %s' % (sys.version.split()[0], os.getcwd()))
_octo_run(sys.argv[2], _octo_words, _octo_functions)
`.trimStart();
