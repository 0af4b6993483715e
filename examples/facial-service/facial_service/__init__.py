"""A face service over HTTP: people register with a photograph and log in with another one.

Flask behind gunicorn, dlib for the faces, SQLite for what is kept. `app` puts
the parts together; README.md lists the endpoints and the settings.
"""
